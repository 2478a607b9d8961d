"""Hosts of each system that the program runs on: one swarm of all, and each with the engine of its own packages."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from tests.e2e.existing_hosts import ExistingHosts, existing_hosts
from tests.e2e.harness import Result, Stack, docker, exclusive, image_of, run
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.test_engine_versions import NEWER, repository
from tests.e2e.test_existing_machines import LIST_TABLE, configure, inventory, nodes
from tests.e2e.waiting import wait_for
from tests.records import Ran
from tests.support.checkout import CHECKOUT

pytestmark = pytest.mark.slow

SYSTEMS: Final = {"debian-12": "Debian 12", "debian-13": "Debian 13"} | {
    "ubuntu-22.04": "Ubuntu 22.04",
    "ubuntu-24.04": "Ubuntu 24.04",
}
HOSTS: Final = dict(zip(("manager-1", "worker-1", "worker-2", "worker-3"), SYSTEMS, strict=True))
USER: Final = "systems"
THIS_COMPUTER: Final = this_computer(subnet_of(USER))
PORT: Final = 40080  # of firewall.ephemeral
BACK_TIMEOUT_S: Final = 180
UP_TIMEOUT_S: Final = 1200  # four hosts that install all packages; seen: 6 min on cores that thirty processes share
# This computer is the one user and operator.
SETTINGS: Final[dict[str, Any]] = {
    "kind": "target",
    "machines": {"provider": "existing", "pools": {}, "data_path": "/srv/nuvla"},
    "firewall": {"management": [THIS_COMPUTER], "users": [THIS_COMPUTER]},
    "monitoring": {"enabled": False},
    "nfs": {"server": "ganesha"},
    "s3": {"enabled": False},
}


class FreshHosts(Stack):
    """A stack on hosts that have none of its packages."""

    def run(self, *command: str, env: dict[str, str] | None = None, timeout_s: int = UP_TIMEOUT_S) -> Result:
        return super().run(*command, env=env, timeout_s=timeout_s)


@contextmanager
def hosts_of(folder: Path, systems: Mapping[str, str]) -> Iterator[ExistingHosts]:
    """Yield hosts with systems by their names, of a stack that has them in its settings and is not up."""
    target = FreshHosts("e2e-systems", folder, SETTINGS)
    with exclusive(target), existing_hosts(target, *systems, systems=systems, network_user=USER) as hosts:
        pools: dict[str, Any] = {}
        for name in systems:
            role, _, number = name.partition("-")
            pools.setdefault(role, {"role": role, "hosts": {}})["hosts"][number] = hosts.settings(name)
        configure(hosts, pools)
        yield hosts


def add_repository_of_all_systems() -> dict[str, str]:
    """Return the settings of the repository, which then has packages for each of the systems."""
    settings_of_repository = repository()
    for system in SYSTEMS if settings_of_repository else ():
        added = run(str(CHECKOUT / "offline/repository.sh"), "add", NEWER, system, timeout_s=600)
        assert added.code == 0, added.text
    return settings_of_repository


def set_engine(hosts: ExistingHosts, **values: Any) -> None:
    for key, value in values.items():
        hosts.stack.set(f"engine.{key}", value)


def on(hosts: ExistingHosts, name: str, *command: str) -> str:
    """Run a command on a host, which has to succeed, and return its output."""
    done = hosts.stack.on(name, *command)
    assert done.code == 0, done.text
    return done.text.strip()


def engine(hosts: ExistingHosts, name: str) -> str:
    return on(hosts, name, "docker", "version", "--format={{.Server.Version}}").partition("+")[0]


def system(hosts: ExistingHosts, name: str) -> str:
    """Return the system of a host as it tells it, such as "Ubuntu 24.04 LTS"."""
    return on(hosts, name, "bash", "-c", ". /etc/os-release && echo $PRETTY_NAME")


def start_service(hosts: ExistingHosts) -> None:
    """Start a service with a task on each host, which answers there at a port for users."""
    publish = f"--publish=mode=host,published={PORT},target=80"
    options = ["--quiet", "--name=everywhere", "--mode=global", "--endpoint-mode=dnsrr", publish]
    on(hosts, "manager-1", "docker", "service", "create", *options, "whoami:test")


def answers(address: str) -> bool:
    return requests.get(f"http://{address}:{PORT}/", timeout=5).status_code == 200


def from_container(network: str, command: str) -> str:
    """Run a shell command in a container on a network of this computer, and return what it prints, or its error."""
    return run("docker", "run", "--rm", f"--network={network}", image_of("probe"), "bash", "-c", command).text


def assert_serves(hosts: ExistingHosts) -> None:
    """Assert that hosts are nodes, answer users and read the files, and that strangers reach none of their ports."""
    names = list(hosts.addresses)
    wait_for(lambda: nodes(hosts) == dict.fromkeys(names, "Ready Active"), "all are nodes", BACK_TIMEOUT_S)
    written = on(hosts, "manager-1", "bash", "-c", "echo kept >/nfs-root/file && cat /nfs-root/file")
    server = hosts.addresses["manager-1"]
    for name, address in hosts.addresses.items():
        wait_for(partial(answers, address), f"{name} answers a user", BACK_TIMEOUT_S)
        on(hosts, name, *LIST_TABLE)
        read = f"nfs-cat 'nfs://{server}/nfs-root/file?version=4'"
        assert from_container(f"container:{hosts.stack.container(name)}", read).strip() == written, name
        tries = "; ".join(
            f"timeout 2 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null && echo {port}" for port in (22, 2049, PORT)
        )
        assert from_container(f"nuvla-swarm-{hosts.stack.name}", f"{tries}; echo end").split() == ["end"], name


def assert_unchanged(hosts: ExistingHosts) -> None:
    result = hosts.stack.up()
    assert result.code == 0, result.text
    assert result.touched() == set(), result.text


def traces(hosts: ExistingHosts) -> dict[str, list[str]]:
    """Return what is on each host, but for the rules of its name server, which get new ports when it restarts."""
    own = re.compile(r"127\.0\.0\.11|snat to :53")
    return {name: [line for line in inventory(hosts, name) if not own.search(line)] for name in hosts.addresses}


def walk(hosts: ExistingHosts, *, seen: Callable[[str], None]) -> None:
    """Bring hosts up, restart them, and destroy the infrastructure: they are as they were."""
    before = traces(hosts)
    result = hosts.stack.up()
    assert result.code == 0, result.text
    assert_unchanged(hosts)
    start_service(hosts)
    assert_serves(hosts)
    docker("restart", *(hosts.stack.container(name) for name in hosts.addresses))
    assert_serves(hosts)
    assert_unchanged(hosts)
    for name in hosts.addresses:
        seen(name)
    destroyed = hosts.stack.destroy()
    assert destroyed.code == 0, destroyed.text
    after = traces(hosts)
    for name, lines in before.items():
        assert [line for line in after[name] if line not in lines] == [], name
        assert [line for line in lines if line not in after[name]] == [], name


def test_hosts_of_all_systems_are_one_swarm(tmp_path: Path, ran: Ran) -> None:
    repository = add_repository_of_all_systems()
    with hosts_of(tmp_path, HOSTS) as hosts:
        set_engine(hosts, source="docker.com", version=NEWER, repository=repository)

        def seen(name: str) -> None:
            assert engine(hosts, name) == NEWER
            revision = on(hosts, name, "dpkg-query", "--show", "--showformat=${Version}", "docker-ce")
            assert revision.startswith(f"5:{NEWER}-1~{HOSTS[name].replace('-', '.')}~"), revision
            ran(f"system: {SYSTEMS[HOSTS[name]]}", system(hosts, name), engine=NEWER)

        walk(hosts, seen=seen)


@pytest.mark.parametrize("name", SYSTEMS)
def test_host_has_the_engine_of_its_own_packages(tmp_path: Path, name: str, ran: Ran) -> None:
    with hosts_of(tmp_path, {"manager-1": name}) as hosts:
        on(hosts, "manager-1", "apt-get", "update", "-qq")
        offered = on(hosts, "manager-1", "bash", "-c", "apt-cache madison docker.io | awk '{print $3}'")
        version = offered.partition("-")[0].partition("+")[0]
        set_engine(hosts, source="distribution", version=version, repository={})

        def seen(machine: str) -> None:
            assert engine(hosts, machine) == version
            ran(f"system: {SYSTEMS[name]}", f"{system(hosts, machine)}, its own engine", engine=version)

        walk(hosts, seen=seen)
