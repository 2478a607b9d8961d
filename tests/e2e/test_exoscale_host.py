"""A host on the stand-in of Exoscale: its open ports, and a swarm over public addresses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import expected_ports
from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_prober, exoscale_stack
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.port_probes import probe_ports

pytestmark = pytest.mark.slow
ALL = ("frontend-1", "streams-1")
STREAMS_FOLDER = "/var/lib/nuvla-swarm/volumes/streams"
# No pool has the label of the database, which would change settings of the kernel: machines of the stand-in share it.
SETTINGS: dict[str, Any] = {
    "kind": "host",
    "machines": EXOSCALE_MACHINES
    | {
        "pools": {
            "frontend": {"role": "manager", "labels": {"type": "frontend"}},
            "streams": {"role": "worker", "labels": {"type": "worker-streams"}},
        },
    },
    "firewall": {
        "management": ["192.0.2.0/24", this_computer(subnet_of("exoscale-host"))],
        "users": ["203.0.113.0/24"],
    },
    "monitoring": {"enabled": False},
    "volumes": {"streams": {"block_storage": True, "size_gib": 10}},
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a host on one manager and one worker that is up."""
    with exoscale_stack(
        "e2e-exo-host", Path(tmp_path_factory.mktemp("host")), SETTINGS, subnet_of("exoscale-host")
    ) as host:
        result = host.up()
        assert result.code == 0, result.text
        yield host
        destroyed = host.destroy()
        assert destroyed.code == 0, destroyed.text
        assert host.leftovers() == []


def on_manager(host: ExoscaleStack, *command: str) -> str:
    return host.on("frontend-1", "docker", *command).text.strip()


def test_machines_form_a_swarm_at_their_public_addresses(host: ExoscaleStack) -> None:
    assert on_manager(host, "node", "ls", "--format={{.Status}}").split() == ["Ready", "Ready"]
    for machine in ALL:
        address = host.on(machine, "docker", "info", "--format={{.Swarm.NodeAddr}}").text.strip()
        assert address == host.address(machine)


def test_ports_are_open_to_the_sources_of_the_guide_alone(host: ExoscaleStack) -> None:
    with exoscale_prober(host, "streams-1") as prober:
        states = probe_ports(host, "frontend-1", prober, "host")
    assert states == {
        source: dict(expected_ports.expected_answers(source, "host")) for source in expected_ports.SOURCES
    }


def test_nuvla_services_find_their_network_machines_and_data(host: ExoscaleStack) -> None:
    assert (
        on_manager(host, "network", "inspect", "nuvla-backend", "--format={{.Driver}} {{.Attachable}}")
        == "overlay true"
    )
    for node, kind in zip(ALL, ("frontend", "worker-streams"), strict=True):
        assert on_manager(host, "node", "inspect", node, "--format={{.Spec.Labels.type}}") == kind
    assert "/dev/loop" in host.on("streams-1", "findmnt", "--noheadings", "--output=SOURCE", STREAMS_FOLDER).text


def test_second_up_changes_nothing(host: ExoscaleStack) -> None:
    result = host.up()
    assert result.code == 0, result.text
    assert result.touched() == set()
