"""A host on Exoscale, as the stand-in of its plugin has it: its table, and a swarm over public addresses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import guide
from tests.e2e.clouds import ON_EXOSCALE, CloudStack, cloud_stack, prober
from tests.e2e.networks import here, subnet_of
from tests.e2e.probes import probe

pytestmark = pytest.mark.slow
ALL = ("frontend-1", "streams-1")
STREAMS = "/var/lib/nuvla-swarm/volumes/streams"
# None is labelled for the database: a machine of the stand-in shares the kernel whose settings that would change.
SETTINGS: dict[str, Any] = {
    "kind": "host",
    "machines": ON_EXOSCALE
    | {
        "pools": {
            "frontend": {"role": "manager", "labels": {"type": "frontend"}},
            "streams": {"role": "worker", "labels": {"type": "worker-streams"}},
        },
    },
    "firewall": {"management": ["192.0.2.0/24", here(subnet_of("exoscale-host"))], "users": ["203.0.113.0/24"]},
    "monitoring": {"enabled": False},
    "volumes": {"streams": {"block_storage": True, "size_gib": 10}},
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudStack]:
    """A host on one manager and one worker that is up."""
    with cloud_stack(
        "e2e-exo-host", Path(tmp_path_factory.mktemp("host")), SETTINGS, subnet_of("exoscale-host")
    ) as made:
        result = made.up()
        assert result.code == 0, result.text
        yield made
        destroyed = made.destroy()
        assert destroyed.code == 0, destroyed.text
        assert made.leftovers() == []


def on_manager(host: CloudStack, *command: str) -> str:
    return host.on("frontend-1", "docker", *command).text.strip()


def test_the_machines_form_a_swarm_at_their_public_addresses(host: CloudStack) -> None:
    assert on_manager(host, "node", "ls", "--format={{.Status}}").split() == ["Ready", "Ready"]
    for machine in ALL:
        address = host.on(machine, "docker", "info", "--format={{.Swarm.NodeAddr}}").text.strip()
        assert address == host.address(machine)


def test_each_port_is_open_to_those_whom_the_guide_names_and_to_nobody_else(host: CloudStack) -> None:
    with prober(host, "streams-1") as by:
        found = probe(host, "frontend-1", by, "host")
    assert found == {source: dict(guide.answers(source, "host")) for source in guide.SOURCES}


def test_nuvlas_own_services_find_their_network_machines_and_data(host: CloudStack) -> None:
    assert (
        on_manager(host, "network", "inspect", "nuvla-backend", "--format={{.Driver}} {{.Attachable}}")
        == "overlay true"
    )
    for node, kind in zip(ALL, ("frontend", "worker-streams"), strict=True):
        assert on_manager(host, "node", "inspect", node, "--format={{.Spec.Labels.type}}") == kind
    assert "/dev/loop" in host.on("streams-1", "findmnt", "--noheadings", "--output=SOURCE", STREAMS).text


def test_a_second_up_changes_nothing(host: CloudStack) -> None:
    result = host.up()
    assert result.code == 0, result.text
    assert result.touched() == set()
