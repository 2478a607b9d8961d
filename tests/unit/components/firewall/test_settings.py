"""components/firewall/settings.py: the rows that a user adds to the firewall."""

from ipaddress import IPv4Network
from typing import Any

from components.firewall.settings import ExtraPorts
from components.ports import PortRule, TrafficSource


def row(**changed: Any) -> PortRule:
    given: dict[str, Any] = {"ports": "5000", "sources": ["users"], "description": "mine"}
    return ExtraPorts.model_validate(given | changed).row()


def test_extra_row_keeps_apart_names_and_networks_of_its_sources() -> None:
    assert row(ports="30000-30010", protocol="udp", sources=["192.0.2.0/24", "users", "management"]) == PortRule(
        service="extra: mine",
        first=30000,
        last=30010,
        protocols=("udp",),
        sources=(TrafficSource.MANAGEMENT, TrafficSource.USERS),
        networks=(IPv4Network("192.0.2.0/24"),),
    )


def test_origin_of_a_row_lists_names_before_networks() -> None:
    assert row(sources=["192.0.2.0/24", "users", "management"]).origin == "management, users, 192.0.2.0/24"


def test_description_of_an_extra_row_is_never_the_name_of_a_row_of_the_program() -> None:
    """The port of the row `ssh` is replaced by that of each machine."""
    assert row(description="ssh").service == "extra: ssh"
