"""Probes of the ports of machines with real packets, from an address of each source.

The packets come from a container on the network of the machines. The container has more addresses, outside of that
network; a machine gets a route back to these addresses during a probe. Where the target does not listen on a port, the
test does. A TCP port is open if a connection succeeds, a UDP port if datagrams arrive. Nobody can listen on a port that
an outgoing connection of the machine keeps: there, the kernel refuses what the firewall, which never refuses, lets in.
"""

import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network

from tests.e2e import expected_ports
from tests.e2e.harness import SCRIPTS, STACK_LABEL, Stack, docker, image_of, run
from tests.e2e.listeners import SOURCE_ADDRESSES, running_listeners

REFUSED = os.strerror(errno.ECONNREFUSED)
PortStates = dict[str, str]  # "22/tcp ssh" -> "open" or "closed"


@dataclass(frozen=True)
class Prober:
    """A container on the network of a stack's machines, with an address of each source."""

    container: str
    image: str
    target: Stack
    addresses: dict[str, str]  # by source
    member: str = ""  # the machine that sends for the cluster; empty where any neighbour counts as a member

    def script_command(self, name: str, source: str, *arguments: object) -> list[str]:
        """Return the command that runs a script of these tests at a source, with its address."""
        command = ["python3", "-c", (SCRIPTS / name).read_text(), self.addresses[source], *map(str, arguments)]
        if self.member and source == expected_ports.CLUSTER:
            return self.target.in_network(self.member, self.image, *command)
        return ["docker", "exec", "--interactive", self.container, *command]

    @contextmanager
    def route(self, address: str, via: str) -> Iterator[None]:
        """Send packets for an address to the machine at the address `via`."""
        self._change_route("replace", address, via)
        try:
            yield
        finally:
            self._change_route("delete", address, via)

    def _change_route(self, verb: str, address: str, via: str) -> None:
        command = ["ip", "route", verb, f"{address}/32", "via", via]
        docker("exec", self.container, *command)
        if self.member:
            changed = self.target.on(self.member, *command)
            assert changed.code == 0, changed.text


@contextmanager
def running_prober(target: Stack, network: str = "", member: str = "") -> Iterator[Prober]:
    """Yield a container with an address of each source, on the network of the machines of `target`.

    With a `member`, this machine sends for the cluster.
    """
    image = image_of("probe")
    container, inside = f"nuvla-swarm-{target.name}-prober", ""
    options = [f"--name={container}", f"--network={network or f'nuvla-swarm-{target.name}'}", "--cap-add=NET_ADMIN"]
    options.append(f"--label={STACK_LABEL}=nuvla-swarm/{target.name}")
    if not member:
        inside = str(IPv4Network(target.subnet)[-6])
        options.append(f"--ip={inside}")
    docker("run", "--detach", *options, image, "sleep", "infinity")
    try:
        for address in SOURCE_ADDRESSES.values():
            docker("exec", container, "ip", "address", "add", f"{address}/32", "dev", "eth0")
        addresses = SOURCE_ADDRESSES | {expected_ports.CLUSTER: inside or target.address(member)}
        yield Prober(container, image, target, addresses, member)
    finally:
        docker("rm", "--force", "--volumes", container)


def send_packets(prober: Prober, source: str, address: str, *ports: int) -> dict[int, str]:
    """Send datagrams to ports and connect to them; return the results of the connections, by port."""
    completed = run(*prober.script_command("send.py", source, address, *ports))
    assert completed.code == 0, completed.text
    return {int(port): answer for port, answer in (line.split(" ", 1) for line in completed.text.splitlines())}


def send_packets_from_all(prober: Prober, address: str, *ports: int) -> dict[str, dict[int, str]]:
    """Send packets from all sources at once, as a closed port takes some seconds."""
    with ThreadPoolExecutor() as senders:
        sent = senders.map(lambda source: send_packets(prober, source, address, *ports), expected_ports.SOURCES)
        return dict(zip(expected_ports.SOURCES, sent, strict=True))


def probe_ports(target: Stack, machine: str, prober: Prober, kind: str = "target") -> dict[str, PortStates]:
    """Return the states of the probed ports of a machine, by source."""
    with running_listeners(target, machine, prober.image, *expected_ports.PROBED_PORTS) as listeners:
        connections = send_packets_from_all(prober, target.address(machine), *expected_ports.PROBED_PORTS)
    states: dict[str, PortStates] = {}
    for source, connections_of_source in connections.items():
        states[source] = {}
        for port in expected_ports.PROBED_PORTS:
            service, _ = expected_ports.port_rule(port, kind)
            answer = connections_of_source[port]
            if port in listeners.busy and answer == REFUSED:
                answer = "open"
            assert answer in ("open", "closed"), f"{machine}: {port}/tcp from {source}: {answer}; does anybody listen?"
            states[source][f"{port}/tcp {service}"] = answer
            has_arrived = (port, prober.addresses[source]) in listeners.received
            states[source][f"{port}/udp {service}"] = "open" if has_arrived else "closed"
    return states
