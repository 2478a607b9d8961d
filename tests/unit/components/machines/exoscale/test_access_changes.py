"""components/machines/exoscale/access_changes.py: changes that shut out operators or users are refused."""

import socket
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from components.machines.exoscale import access_changes
from components.machines.exoscale.access_changes import RULES, source_address
from components.machines.prior_state import PriorState
from components.ports import TrafficSource
from tests.support import plans

FORMER, OTHER = "ssh-ed25519 FORMER", "ssh-ed25519 OTHER"
HERE = IPv4Address("9.9.9.9")
BOTH = (IPv4Network("192.0.2.0/24"), IPv4Network("9.9.9.0/24"))
MEMBERS = {"manager-1": plans.member("manager")}
WORKER = frozenset({"worker-1"})


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_changes, "source_address", lambda _towards: HERE)


def refusing(settings: dict[str, Any] | None = None, /, **prior: Any) -> list[str]:
    given = plans.exoscale(**(settings or {}))
    return [rule.id for rule in RULES if list(rule.check(given, plans.plan(), PriorState(**prior)))]


def test_new_stack_refuses_nothing() -> None:
    assert refusing() == []


def test_key_that_living_machines_do_not_know_is_refused() -> None:
    other = {"ssh": {"public_key": f"{OTHER} operator"}}
    assert refusing(other, public_key=FORMER, machines=WORKER) == ["login-key"]
    assert refusing(other, public_key=FORMER, machines=frozenset({"worker-9"})) == [], "all machines are new"
    assert refusing(other, public_key=OTHER, machines=WORKER) == []
    assert refusing(public_key=FORMER, machines=WORKER) == ["login-key"], "the key is generated"
    assert refusing(public_key=FORMER, machines=WORKER, login_key=f"{FORMER}\n") == []


def test_firewall_that_shuts_this_computer_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusing(members=MEMBERS, management=BOTH) == ["own-address"]
    assert refusing(members=MEMBERS, management=BOTH[:1]) == [], "it was not let in before"
    assert refusing(management=BOTH) == [], "there is no machine to be shut out of"
    for own in (None, IPv4Address("192.168.1.7")):
        monkeypatch.setattr(access_changes, "source_address", lambda _towards, own=own: own)
        assert refusing(members=MEMBERS, management=(*BOTH, IPv4Network("192.168.1.0/24"))) == []


def test_networks_that_hold_this_computer_are_accepted() -> None:
    sources = {source: BOTH[1:] if source is TrafficSource.MANAGEMENT else () for source in TrafficSource}
    found = [
        list(rule.check(plans.exoscale(), plans.plan(sources=sources), PriorState(members=MEMBERS, management=BOTH)))
        for rule in RULES
    ]
    assert found == [[]] * len(RULES)


def test_released_elastic_ip_is_refused_unless_its_protection_refuses_it() -> None:
    names = frozenset({"cluster-address"})
    assert refusing(names=names) == ["elastic-ip"]
    assert refusing({"elastic_ip": True}, names=names) == []
    assert refusing(names=names, protected=names) == []


def test_own_address_is_that_of_the_route() -> None:
    assert source_address("127.0.0.1") == IPv4Address("127.0.0.1")


def test_computer_without_a_route_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        def __enter__(self) -> "Unreachable":
            return self

        def __exit__(self, *_error: object) -> None: ...

        def connect(self, _address: tuple[str, int]) -> None:
            raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "socket", lambda *_kind: Unreachable())
    assert source_address("192.0.2.7") is None
