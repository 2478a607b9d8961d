"""The sockets that containers of applications reach: containers connect to each socket of program and machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.harness import SCRIPTS, STACK_LABEL, Stack
from tests.e2e.machines import PATIENCE
from tests.e2e.networks import OVERLAY_POOL
from tests.e2e.waiting import wait_for

WHOAMI = "whoami:test"
OTHER_NETWORK = "e2e-other"  # of an application


@dataclass(frozen=True)
class SourceContainer:
    """The network of a container on a machine, from which a test connects."""

    network: str  # "traefik-public", "another network", "none"
    machine: str
    process: str


@dataclass(frozen=True)
class ListeningSocket:
    """A socket that listens."""

    name: str  # "grafana:3000", "machine:22"
    machine: str
    address: str
    port: str


def listening_ports(stack: Stack, machine: str, process: str) -> set[str]:
    """Return the TCP ports that the network of a process listens on, other than on its loopback."""
    lines = stack.on(machine, "nsenter", f"--target={process}", "--net", "ss", "-Hltn").text.splitlines()
    addresses = {line.split()[3].rpartition(":") for line in lines}
    return {port for address, _, port in addresses if not address.startswith("127.")}


def listening_sockets(stack: Stack, machines: tuple[str, ...]) -> Iterator[ListeningSocket]:
    """Yield the sockets of the program's containers on each network, and of the machines at each address."""
    for machine in machines:
        for container in _containers(stack, machine):
            labels = container["Config"]["Labels"]
            if STACK_LABEL not in labels:
                continue
            name = labels["com.docker.swarm.service.name"]
            ports = listening_ports(stack, machine, str(container["State"]["Pid"]))
            addresses = {network["IPAddress"] for network in container["NetworkSettings"]["Networks"].values()}
            for address in addresses - {""}:
                yield from (ListeningSocket(f"{name}:{port}", machine, address, port) for port in ports)
        text = stack.on(machine, "ip", "-4", "-json", "address").text
        addresses = {info["local"] for link in json.loads(text) for info in link["addr_info"]}
        for port in listening_ports(stack, machine, "1"):
            for address in addresses:
                if not address.startswith("127."):
                    yield ListeningSocket(f"machine:{port}", machine, address, port)


def _containers(stack: Stack, machine: str) -> list[Any]:
    ids = stack.on(machine, "docker", "ps", "--quiet").text.split()
    containers: list[Any] = json.loads(stack.on(machine, "docker", "inspect", *ids).text)
    return containers


@contextmanager
def source_containers(stack: Stack, machines: tuple[str, ...]) -> Iterator[list[SourceContainer]]:
    """Run three containers on each machine: on the public network, on another overlay network, and on neither."""
    manager = machines[0]
    services = {"reach-public": "traefik-public", "reach-other": OTHER_NETWORK}
    try:
        for machine in machines:  # otherwise packets leave to the network around this computer
            completed = stack.on(machine, "ip", "route", "add", "blackhole", OVERLAY_POOL)
            assert completed.code == 0, completed.text
        completed = stack.on(manager, "docker", "network", "create", "--driver=overlay", OTHER_NETWORK)
        assert completed.code == 0, completed.text
        for name, network in services.items():
            options = ["--quiet", "--detach", f"--name={name}", f"--network={network}", "--endpoint-mode=dnsrr"]
            completed = stack.on(manager, "docker", "service", "create", *options, "--mode=global", WHOAMI)
            assert completed.code == 0, completed.text
        containers = []
        for machine in machines:
            completed = stack.on(machine, "docker", "run", "--detach", "--name=reach-none", WHOAMI)
            assert completed.code == 0, completed.text
            containers.append(SourceContainer("none", machine, _process(stack, machine, "name=^reach-none$")))
            for name, network in services.items():
                network_name = network if network != OTHER_NETWORK else "another network"
                label = f"label=com.docker.swarm.service.name={name}"
                wait_for(lambda: _process(stack, machine, label) != "", f"{name} runs on {machine}", 120)  # noqa: B023
                containers.append(SourceContainer(network_name, machine, _process(stack, machine, label)))
        yield containers
    finally:
        stack.on(manager, "docker", "service", "rm", *services)
        for machine in machines:
            stack.on(machine, "docker", "rm", "--force", "reach-none")
            stack.on(machine, "ip", "route", "delete", "blackhole", OVERLAY_POOL)
        wait_for(
            lambda: stack.on(manager, "docker", "network", "rm", OTHER_NETWORK).code == 0,
            f"{OTHER_NETWORK} is gone",
            60,
        )


def _process(stack: Stack, machine: str, which: str) -> str:
    container = stack.on(machine, "docker", "ps", "--quiet", "--filter", which).text.strip()
    return (
        stack.on(machine, "docker", "inspect", "--format={{.State.Pid}}", container).text.strip() if container else ""
    )


def reachable_sockets(stack: Stack, source: SourceContainer, sockets: list[ListeningSocket]) -> set[tuple[str, str]]:
    """Return the sockets that answer a container: the name, and whether the machine is its "own" or an "other"."""
    lines = "\n".join(sorted({f"{socket.address} {socket.port}" for socket in sockets}))
    bounds = f"TIMEOUT_S={PATIENCE} SIDE_BY_SIDE={40 // PATIENCE}"
    script = f"TARGETS='{lines}' {bounds}\n" + (SCRIPTS / "connect_to_targets.sh").read_text()
    answer = stack.on(source.machine, "nsenter", f"--target={source.process}", "--net", "bash", "-c", script)
    rows = [line.split() for line in answer.text.splitlines()]
    assert len(rows) == len(lines.splitlines()), answer.text
    answering = {(address, port) for address, port, code in rows if code == "0"}
    reachable = set()
    for socket in sockets:
        # An address that every machine has, such as that of a bridge, is the own machine's.
        own = source.machine in {other.machine for other in sockets if other.address == socket.address}
        if (socket.address, socket.port) in answering:
            reachable.add((socket.name, "own" if own else "other"))
    return reachable
