"""A target on three machines with kernels of their own: kernel NFS, IPVS, and what a reboot brings back."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.harness import Result, exclusive
from tests.e2e.test_existing_machines import configure, nodes
from tests.e2e.waiting import wait_for
from tests.kernel.guest_network import GuestStack, as_existing_hosts, running_guests
from tests.kernel.start_order import ENGINE, assert_rules_come_before_the_network, moments
from tests.records import Ran

NAMES = ("manager-1", "worker-1", "worker-2")
SERVER, CLIENT = "worker-2", "worker-1"
SUBNET = "192.168.240.0/24"
THIS_COMPUTER = "192.168.240.1/32"
WHOAMI = "whoami:test"
BACK_TIMEOUT_S = 300  # seen: 150 s on cores that twenty processes share
MESH_PORT = 40080  # of firewall.ephemeral
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


Seen = Callable[[str, str], None]


@pytest.fixture
def seen(hosts: ExistingHosts, ran: Ran) -> Seen:
    """A function that records that a default has run on these machines, in the version that answered."""
    engine = hosts.stack.on(SERVER, "docker", "version", "--format={{.Server.Version}}").text.strip()
    return partial(ran, engine=engine, kernel=f"{hosts.stack.on(SERVER, 'uname', '-r').text.strip()} in user mode")


def replicas(hosts: ExistingHosts) -> dict[str, str]:
    """Return the running and the wanted tasks of each service."""
    listed = hosts.stack.on("manager-1", "docker", "service", "ls", "--format={{.Name}} {{.Replicas}}").text
    return dict(line.split(" ", 1) for line in listed.splitlines())


def all_run(hosts: ExistingHosts) -> bool:
    """Return whether each service has its tasks; the one that reserves ports has none."""
    counts = [count.split()[0].split("/") for count in replicas(hosts).values()]
    return bool(counts) and all(running == wanted for running, wanted in counts)


def test_target_is_up_and_a_second_up_changes_nothing(hosts: ExistingHosts, seen: Seen) -> None:
    assert nodes(hosts) == dict.fromkeys(NAMES, "Ready Active")
    wait_for(lambda: all_run(hosts), "all services run", 60, lambda: str(replicas(hosts)))
    second = hosts.stack.up()
    assert second.touched() == set(), second.text
    seen("machines: existing", f"{len(nodes(hosts))} hosts")
    for default, command in {
        "engine.source": "dpkg-query --show docker-ce",
        "engine.version": "docker version --format '{{.Server.Version}}'",
        "engine.containerd_version": "containerd --version | sed 's/.* v\\([0-9.]*\\).*/\\1/'",
        "kernel: cgroup v2": "docker info --format 'cgroup v{{.CgroupVersion}}'",
        "kernel: nftables, family inet": "nft list tables inet | grep -o nuvla_swarm && nft --version",
        "system: Debian 12": "cat /etc/debian_version",
    }.items():
        shown = hosts.stack.on(SERVER, "bash", "-o", "pipefail", "-c", command)
        assert shown.code == 0, shown.text
        assert shown.text.strip(), command
        seen(default, " ".join(shown.text.split()))


def run_with_files(hosts: ExistingHosts, machine: str, options: str, command: str) -> Result:
    """Run a shell command in a container that has the shared files at /data, as Nuvla makes volumes."""
    on = hosts.stack.on
    server = hosts.addresses[SERVER]
    driver = ["--driver=local", "--opt=type=nfs", f"--opt=o=addr={server},{options}", "--opt=device=:/nfs-root"]
    created = on(machine, "docker", "volume", "create", *driver, "files")
    assert created.code == 0, created.text
    try:
        return on(machine, "docker", "run", "--rm", "--volume=files:/data", "--entrypoint=sh", WHOAMI, "-c", command)
    finally:
        on(machine, "docker", "volume", "rm", "files")


@pytest.mark.parametrize("version", ["3,nolock", "4.2"])  # docs/files.md: version 3 has no locks
def test_another_machine_writes_the_files_as_a_volume(hosts: ExistingHosts, version: str, seen: Seen) -> None:
    name = version.partition(",")[0]
    written = run_with_files(hosts, CLIENT, f"rw,nfsvers={version}", f"echo hello >/data/of-{name}")
    assert written.code == 0, written.text
    listed = hosts.stack.on(SERVER, "stat", "--format=%U:%G %s", f"/nfs-root/of-{name}")
    assert listed.text == "nobody:nogroup 6\n", listed.text
    assert int(hosts.stack.on(SERVER, "cat", "/proc/fs/nfsd/threads").text) > 0
    seen("nfs.server", "kernel")
    seen("storage: volume of type nfs, as Nuvla makes it", f"NFS {version}")


def test_volume_that_is_mounted_to_read_refuses_writes(hosts: ExistingHosts) -> None:
    refused = run_with_files(hosts, CLIENT, "ro,nfsvers=4.2", "echo hello >/data/refused")
    assert "Read-only file system" in refused.text, refused.text


def answers(url: str) -> bool:
    return requests.get(url, timeout=5).status_code == 200


def test_port_of_the_ingress_mesh_answers_on_every_machine(hosts: ExistingHosts, seen: Seen) -> None:
    """The tasks are on another machine than the one that is asked, so that IPVS and the overlay carry the packets."""
    on_manager = ("manager-1", "docker", "service")
    options = ["--replicas=2", f"--publish={MESH_PORT}:80", f"--constraint=node.hostname=={CLIENT}.example"]
    created = hosts.stack.on(*on_manager, "create", "--quiet", "--name=meshed", *options, WHOAMI)
    assert created.code == 0, created.text
    try:
        for name in NAMES:
            wait_for(partial(answers, f"http://{hosts.addresses[name]}:{MESH_PORT}/"), f"{name} answers", 120)
        seen("swarm: ports through the ingress mesh", "IPVS")
    finally:
        hosts.stack.on(*on_manager, "rm", "meshed")


@pytest.mark.parametrize("machine", NAMES)
def test_machine_that_reboots_comes_back_as_it_was(hosts: ExistingHosts, machine: str) -> None:
    target = hosts.stack
    assert isinstance(target, GuestStack)
    table = target.on(machine, *LIST_TABLE).text
    target.guests[machine].reboot()
    assert target.on(machine, *LIST_TABLE).text == table
    assert_rules_come_before_the_network(target, machine)
    if machine == SERVER:
        _, mounted = moments(target, machine, "nfs\\x2droot.mount")
        server_begun, _ = moments(target, machine, "nfs-server.service")
        engine_begun, _ = moments(target, machine, ENGINE)
        assert 0 < mounted <= min(server_begun, engine_begun)
    wait_for(lambda: nodes(hosts) == dict.fromkeys(NAMES, "Ready Active"), "all nodes are back", BACK_TIMEOUT_S)
    wait_for(lambda: all_run(hosts), "all services run", BACK_TIMEOUT_S, lambda: str(replicas(hosts)))
    written = run_with_files(hosts, CLIENT, "rw,nfsvers=4.2", "echo hello >/data/after")
    assert written.code == 0, written.text
    second = target.up()
    assert second.touched() == set(), second.text
