"""A host on machines with kernels of their own: what test_host.py asks of local machines, and a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.nuvla_host.map_count import MAP_COUNT
from tests.e2e import expected_ports
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.port_probes import probe_ports, running_prober
from tests.e2e.test_existing_machines import configure
from tests.e2e.test_host import (  # noqa: F401 - run here too
    test_host_has_neither_nfs_nor_s3,
    test_nuvla_services_find_their_network_and_machines,
    test_prometheus_measures_the_database_that_nuvla_deploys,
    test_second_up_changes_nothing,
)
from tests.kernel.guest_network import GuestStack
from tests.kernel.guest_target import assert_destroyed, guest_stack
from tests.records import Ran

THIS_COMPUTER = this_computer(subnet_of("host-guests"))
OTHER = {"frontend-1": "db-1", "db-1": "frontend-1"}
DATA_FOLDER = "/var/lib/nuvla-swarm/volumes/db"
FRONTEND = {"role": "manager", "labels": {"type": "frontend"}}
DATABASE = {"role": "worker", "labels": {"type": "worker-db"}}
SETTINGS = {
    "kind": "host",
    "firewall": {
        "management": ["192.0.2.0/24", THIS_COMPUTER],
        "users": ["203.0.113.0/24", THIS_COMPUTER],
    },
    "monitoring": {"elasticsearch": {"enabled": True}, "prometheus": {"scrape_interval_s": 5}},
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuestStack]:
    """Yield a host that is up on two guests, with metrics of the database; destroy it at the end."""
    folder = Path(tmp_path_factory.mktemp("host"))
    with guest_stack("e2e-guests-host", folder, SETTINGS, "host-guests", *OTHER) as (host, hosts):
        configure(
            hosts,
            {
                "frontend": FRONTEND | {"hosts": {"1": hosts.settings("frontend-1")}},
                "db": DATABASE | {"hosts": {"1": hosts.settings("db-1")}},
            },
        )
        result = host.up()
        assert result.code == 0, result.text
        yield host
        assert_destroyed(host)
        for machine in OTHER:
            assert host.on(machine, "test", "-e", "/etc/sysctl.d/90-nuvla-swarm.conf").code != 0


@pytest.mark.parametrize("machine", OTHER)
def test_ports_are_open_to_the_sources_of_the_guide_alone(host: GuestStack, machine: str) -> None:
    with running_prober(host, member=OTHER[machine]) as prober:
        states = probe_ports(host, machine, prober, "host")
    assert states == {
        source: dict(expected_ports.expected_answers(source, "host")) for source in expected_ports.SOURCES
    }


def test_kernel_of_the_database_has_the_memory_maps_that_it_asks_for(host: GuestStack) -> None:
    assert int(host.on("db-1", "cat", "/proc/sys/vm/max_map_count").text) == MAP_COUNT
    assert int(host.on("frontend-1", "cat", "/proc/sys/vm/max_map_count").text) < MAP_COUNT


def test_host_is_as_it_was_after_a_restart_of_its_machines(host: GuestStack, ran: Ran) -> None:
    assert host.on("db-1", "sh", "-c", f"echo bytes >{DATA_FOLDER}/file && sync").code == 0
    host.restart(*OTHER)
    assert host.on("db-1", "cat", f"{DATA_FOLDER}/file").text == "bytes\n"
    test_kernel_of_the_database_has_the_memory_maps_that_it_asks_for(host)
    test_second_up_changes_nothing(host, ran)
