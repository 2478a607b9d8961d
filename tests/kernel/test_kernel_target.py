"""A target on three machines with kernels of their own: the kernel's NFS server, IPVS, and what a reboot brings back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.harness import exclusive, run
from tests.e2e.test_existing_machines import configure, nodes
from tests.e2e.waiting import wait_for
from tests.kernel.guest_network import GuestStack, as_existing_hosts, running_guests

NAMES = ("manager-1", "worker-1", "worker-2")
SERVER, CLIENT = "worker-2", "worker-1"
SUBNET = "192.168.240.0/24"
THIS_COMPUTER = "192.168.240.1/32"
LIST_TABLE = ("nft", "--stateless", "--terse", "list", "table", "inet", "nuvla_swarm")
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": {"provider": "existing", "pools": {}},
    "firewall": {"management": [THIS_COMPUTER], "users": [THIS_COMPUTER]},
    "monitoring": {"enabled": False},
    "nfs": {"server": "kernel", "machine": SERVER, "access": "rw"},
    "s3": {"enabled": False},
}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExistingHosts]:
    """Yield three guests of a stack that is up; the tests of this file share it and restore it."""
    target = GuestStack("e2e-kernel", Path(tmp_path_factory.mktemp("kernel")), SETTINGS)
    with exclusive(target), running_guests(target, *NAMES, subnet=SUBNET, bridge="nskernel"):
        hosts = as_existing_hosts(target)
        configure(hosts)
        result = target.up()
        assert result.code == 0, result.text
        (target.folder / "up.log").write_text(result.text)
        yield hosts
        destroyed = target.destroy()
        assert destroyed.code == 0, destroyed.text


def replicas(hosts: ExistingHosts) -> dict[str, str]:
    """Return the running and the wanted tasks of each service."""
    listed = hosts.stack.on("manager-1", "docker", "service", "ls", "--format={{.Name}} {{.Replicas}}").text
    return dict(line.split(" ", 1) for line in listed.splitlines())


def all_run(hosts: ExistingHosts) -> bool:
    counts = [count.split()[0].split("/") for count in replicas(hosts).values()]
    return bool(counts) and all(running == wanted != "0" for running, wanted in counts)


def test_target_is_up_and_a_second_up_changes_nothing(hosts: ExistingHosts) -> None:
    assert nodes(hosts) == dict.fromkeys(NAMES, "Ready Active")
    wait_for(lambda: all_run(hosts), "all services run", 60, lambda: str(replicas(hosts)))
    second = hosts.stack.up()
    assert second.touched() == set(), second.text
