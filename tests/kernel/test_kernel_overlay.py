"""Encrypted overlay networks of a swarm, with the firewall in force."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.e2e.existing_hosts import ExistingHosts
from tests.e2e.waiting import wait_for
from tests.kernel import target
from tests.kernel.conftest import Seen
from tests.kernel.guest_network import GuestStack
from tests.kernel.target import CLIENT, MANAGER, SERVER, WHOAMI
from tests.kernel.wire import ESP, inject, listening

PLACES = {"asking": CLIENT, "asked": SERVER}
TASK_TIMEOUT_S = 180


@contextmanager
def two_services(hosts: ExistingHosts, *options: str) -> Iterator[None]:
    """Run two services on two machines, on an overlay network with these options."""
    on_manager = (MANAGER, "docker")
    created = hosts.stack.on(*on_manager, "network", "create", "--driver=overlay", *options, "sealed")
    assert created.code == 0, created.text
    try:
        for name, machine in PLACES.items():
            place = f"--constraint=node.hostname=={machine}.example"
            service = ["--quiet", "--detach", f"--name={name}", "--network=sealed", place]
            made = hosts.stack.on(*on_manager, "service", "create", *service, WHOAMI)
            assert made.code == 0, made.text
        for name, machine in PLACES.items():
            wait_for(partial(runs, hosts, machine, name), f"{name} runs", TASK_TIMEOUT_S)
        yield
    finally:
        hosts.stack.on(*on_manager, "service", "rm", *PLACES)
        wait_for(
            lambda: hosts.stack.on(*on_manager, "network", "rm", "sealed").code == 0,
            "the network is free",
            TASK_TIMEOUT_S,
        )


def container(hosts: ExistingHosts, machine: str, service: str) -> str:
    """Return the id of the container of a service on a machine; empty if it does not run."""
    listed = hosts.stack.on(
        machine, "docker", "ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={service}"
    )
    return listed.text.strip()


def runs(hosts: ExistingHosts, machine: str, service: str) -> bool:
    return container(hosts, machine, service) != ""


def ask(hosts: ExistingHosts, path: str) -> str:
    """Return what one service answers the other, without the virtual address of the service."""
    request = f"printf 'GET /{path} HTTP/1.0\\r\\n\\r\\n' | nc -w 5 tasks.asked 80"
    return hosts.stack.on(CLIENT, "docker", "exec", container(hosts, CLIENT, "asking"), "sh", "-c", request).text


def number(hosts: ExistingHosts) -> int:
    """Return the number (VNI) of the network."""
    option = "com.docker.network.driver.overlay.vxlanid_list"
    shown = hosts.stack.on(
        MANAGER, "docker", "network", "inspect", "sealed", f'--format={{{{index .Options "{option}"}}}}'
    )
    return int(shown.text)


def dropped(hosts: ExistingHosts, machine: str) -> int:
    """Return how many packets a machine's engine has refused since they were not encrypted."""
    rules = hosts.stack.on(machine, "iptables", "-nvxL", "INPUT").text
    return sum(int(count) for count in re.findall(r"^ *(\d+) .* DROP .*pol none", rules, re.MULTILINE))


@pytest.mark.parametrize("sealed", [False, True])
def test_encrypted_network_carries_what_nobody_reads_on_the_wire(
    hosts: ExistingHosts, seen: Seen, sealed: bool
) -> None:
    """A network that is not encrypted shows that the ear hears."""
    assert isinstance(hosts.stack, GuestStack)
    options, word = (["--opt=encrypted"] if sealed else []), "a-word-that-is-nowhere-else"
    with two_services(hosts, *options):
        wait_for(lambda: "200 OK" in ask(hosts, "ready"), "one service reaches the other", 60)
        with listening(hosts.stack.guests[CLIENT].tap, hosts.addresses[CLIENT], hosts.addresses[SERVER]) as frames:
            assert "200 OK" in ask(hosts, word)
        assert frames.show(word.encode()) is not sealed
        assert (frames.count(ESP) > 0) is sealed
        if sealed:
            seen("swarm: encrypted overlay networks", "ESP")


def test_packet_that_is_not_encrypted_reaches_no_encrypted_network(hosts: ExistingHosts) -> None:
    """Neither a stranger's, which the firewall drops, nor one in the name of a machine, which the engine drops."""
    with two_services(hosts, "--opt=encrypted"):
        wait_for(lambda: "200 OK" in ask(hosts, "ready"), "one service reaches the other", 60)
        server, before = hosts.addresses[SERVER], dropped(hosts, SERVER)
        stranger = target.THIS_COMPUTER.partition("/")[0]
        for source in (stranger, hosts.addresses[CLIENT], stranger):
            inject(source, server, number(hosts), b"injected")
        wait_for(lambda: dropped(hosts, SERVER) > before, "the packet in the name of a machine is refused", 10)
        assert dropped(hosts, SERVER) == before + 1
