"""What answers containers that are nobody's: every socket of the program and of its machines is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.harness import LABEL, Stack
from tests.e2e.networks import OVERLAYS
from tests.e2e.port_probes import SCRIPTS
from tests.e2e.waiting import wait_for

WHOAMI = "whoami:test"
OTHER = "e2e-other"  # a network of an application


@dataclass(frozen=True)
class Place:
    """The network of a container on a machine."""

    network: str  # "traefik-public", "another network", "none"
    machine: str
    process: str


@dataclass(frozen=True)
class Socket:
    """Something that listens."""

    what: str  # "grafana:3000", "machine:22"
    machine: str
    address: str
    port: str


def listening(stack: Stack, machine: str, process: str) -> set[str]:
    """Ports of TCP on which a process' network is listened on for others."""
    lines = stack.on(machine, "nsenter", f"--target={process}", "--net", "ss", "-Hltn").text.splitlines()
    found = {line.split()[3].rpartition(":") for line in lines}
    return {port for address, _, port in found if not address.startswith("127.")}


def sockets(stack: Stack, machines: tuple[str, ...]) -> Iterator[Socket]:
    """Of all containers of the program, in each of their networks, and of the machines at all of their addresses."""
    for machine in machines:
        for container in _containers(stack, machine):
            labels = container["Config"]["Labels"]
            if LABEL not in labels:
                continue
            name = labels["com.docker.swarm.service.name"]
            ports = listening(stack, machine, str(container["State"]["Pid"]))
            addresses = {network["IPAddress"] for network in container["NetworkSettings"]["Networks"].values()}
            for address in addresses - {""}:
                yield from (Socket(f"{name}:{port}", machine, address, port) for port in ports)
        text = stack.on(machine, "ip", "-4", "-json", "address").text
        addresses = {info["local"] for link in json.loads(text) for info in link["addr_info"]}
        for port in listening(stack, machine, "1"):
            for address in addresses:
                if not address.startswith("127."):
                    yield Socket(f"machine:{port}", machine, address, port)


def _containers(stack: Stack, machine: str) -> list[Any]:
    ids = stack.on(machine, "docker", "ps", "--quiet").text.split()
    found: list[Any] = json.loads(stack.on(machine, "docker", "inspect", *ids).text)
    return found


@contextmanager
def places(stack: Stack, machines: tuple[str, ...]) -> Iterator[list[Place]]:
    """A container on each of the machines: on the public network, on another one of the swarm, and on none of it."""
    manager = machines[0]
    services = {"reach-public": "traefik-public", "reach-other": OTHER}
    try:
        for machine in machines:  # or else the network around this computer would be asked
            made = stack.on(machine, "ip", "route", "add", "blackhole", OVERLAYS)
            assert made.code == 0, made.text
        made = stack.on(manager, "docker", "network", "create", "--driver=overlay", OTHER)
        assert made.code == 0, made.text
        for name, network in services.items():
            options = ["--quiet", "--detach", f"--name={name}", f"--network={network}", "--endpoint-mode=dnsrr"]
            made = stack.on(manager, "docker", "service", "create", *options, "--mode=global", WHOAMI)
            assert made.code == 0, made.text
        found = []
        for machine in machines:
            made = stack.on(machine, "docker", "run", "--detach", "--name=reach-none", WHOAMI)
            assert made.code == 0, made.text
            found.append(Place("none", machine, _process(stack, machine, "name=^reach-none$")))
            for name, network in services.items():
                shown = network if network != OTHER else "another network"
                label = f"label=com.docker.swarm.service.name={name}"
                wait_for(lambda: _process(stack, machine, label) != "", f"{name} runs on {machine}", 120)  # noqa: B023
                found.append(Place(shown, machine, _process(stack, machine, label)))
        yield found
    finally:
        stack.on(manager, "docker", "service", "rm", *services)
        for machine in machines:
            stack.on(machine, "docker", "rm", "--force", "reach-none")
            stack.on(machine, "ip", "route", "delete", "blackhole", OVERLAYS)
        wait_for(lambda: stack.on(manager, "docker", "network", "rm", OTHER).code == 0, f"{OTHER} is gone", 60)


def _process(stack: Stack, machine: str, which: str) -> str:
    container = stack.on(machine, "docker", "ps", "--quiet", "--filter", which).text.strip()
    return (
        stack.on(machine, "docker", "inspect", "--format={{.State.Pid}}", container).text.strip() if container else ""
    )


def reached(stack: Stack, place: Place, wanted: list[Socket]) -> set[tuple[str, str]]:
    """What answers at a place: what it is, and on which machine it is: "own" or "other"."""
    lines = "\n".join(sorted({f"{one.address} {one.port}" for one in wanted}))
    script = f"TARGETS='{lines}'\n" + (SCRIPTS / "connect_to_targets.sh").read_text()
    answer = stack.on(place.machine, "nsenter", f"--target={place.process}", "--net", "bash", "-c", script)
    rows = [line.split() for line in answer.text.splitlines()]
    assert len(rows) == len(lines.splitlines()), answer.text
    answering = {(address, port) for address, port, code in rows if code == "0"}
    found = set()
    for one in wanted:
        # An address that each machine has, as of a bridge, is the place's own machine's.
        own = place.machine in {two.machine for two in wanted if two.address == one.address}
        if (one.address, one.port) in answering:
            found.add((one.what, "own" if own else "other"))
    return found
