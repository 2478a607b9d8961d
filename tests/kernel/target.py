"""A target on three guests: what the tests that share it know of it, and do with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.harness import Result, exclusive
from tests.e2e.test_existing_machines import configure, nodes
from tests.e2e.waiting import wait_for
from tests.kernel.guest_network import GuestStack, as_existing_hosts, running_guests

NAMES = ("manager-1", "worker-1", "worker-2")
MANAGER, CLIENT, SERVER = NAMES
SUBNET = "192.168.240.0/24"
THIS_COMPUTER = "192.168.240.1/32"
BRIDGE = "nskernel"
WHOAMI = "whoami:test"
FILES = "/nfs-root"
BACK_TIMEOUT_S = 300  # seen: 150 s on cores that twenty processes share
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": {"provider": "existing", "pools": {}},
    "firewall": {"management": [THIS_COMPUTER], "users": [THIS_COMPUTER]},
    "monitoring": {"enabled": False},
    "nfs": {"server": "kernel", "machine": SERVER, "access": "rw"},
    "s3": {"enabled": False},
}


@contextmanager
def running_target(folder: Path) -> Iterator[ExistingHosts]:
    """Yield the guests of a target that is up, and destroy it afterwards."""
    target = GuestStack("e2e-kernel", folder, SETTINGS)
    with exclusive(target), running_guests(target, *NAMES, subnet=SUBNET, bridge=BRIDGE):
        hosts = as_existing_hosts(target)
        configure(hosts)
        result = target.up()
        assert result.code == 0, result.text
        (target.folder / "up.log").write_text(result.text)
        yield hosts
        destroyed = target.destroy()
        assert destroyed.code == 0, destroyed.text


def shell(hosts: ExistingHosts, machine: str, text: str) -> Result:
    """Run a shell command on a machine as root."""
    return hosts.stack.on(machine, "bash", "-c", text)


def must(hosts: ExistingHosts, machine: str, text: str) -> str:
    """Run a shell command that has to succeed, and return its output."""
    result = shell(hosts, machine, text)
    assert result.code == 0, result.text
    return result.text


def replicas(hosts: ExistingHosts) -> dict[str, str]:
    """Return the running and the wanted tasks of each service."""
    listed = hosts.stack.on(MANAGER, "docker", "service", "ls", "--format={{.Name}} {{.Replicas}}").text
    return dict(line.split(" ", 1) for line in listed.splitlines())


def all_run(hosts: ExistingHosts) -> bool:
    """Return whether each service has its tasks; the one that reserves ports has none."""
    counts = [count.split()[0].split("/") for count in replicas(hosts).values()]
    return bool(counts) and all(running == wanted for running, wanted in counts)


def wait_until_back(hosts: ExistingHosts) -> None:
    """Wait until all machines are in the swarm, and all services run."""
    wait_for(lambda: nodes(hosts) == dict.fromkeys(NAMES, "Ready Active"), "all nodes are back", BACK_TIMEOUT_S)
    wait_for(lambda: all_run(hosts), "all services run", BACK_TIMEOUT_S, lambda: str(replicas(hosts)))


def make_volume(hosts: ExistingHosts, machine: str, options: str = "") -> None:
    """Make a volume `files` of the shared files on a machine, as Nuvla makes it, with these options of NFS."""
    address = ",".join(filter(None, (f"addr={hosts.addresses[SERVER]}", options)))
    driver = ["--driver=local", "--opt=type=nfs", f"--opt=o={address}", f"--opt=device=:{FILES}"]
    created = hosts.stack.on(machine, "docker", "volume", "create", *driver, "files")
    assert created.code == 0, created.text


def run_with_files(hosts: ExistingHosts, machine: str, options: str, command: str) -> Result:
    """Run a shell command in a container that has the shared files at /data."""
    make_volume(hosts, machine, options)
    words = ["run", "--rm", "--volume=files:/data", "--entrypoint=sh", WHOAMI, "-c", command]
    try:
        return hosts.stack.on(machine, "docker", *words)
    finally:
        hosts.stack.on(machine, "docker", "volume", "rm", "files")
