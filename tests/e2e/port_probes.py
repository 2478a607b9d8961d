"""Probes of the ports of machines with real packets, from an address of each source.

The packets come from a container on the network of the machines. The container has more addresses, outside of that
network; a machine gets a route back to these addresses during a probe. Where the target does not listen on a port, the
test does. A TCP port is open if a connection succeeds, a UDP port if datagrams arrive.
"""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import IO

from tests.e2e import expected_ports
from tests.e2e.harness import STACK_LABEL, Result, Stack, docker, image_of, run
from tests.support.checkout import CHECKOUT

SCRIPTS = CHECKOUT / "tests/e2e/files"
# From the ranges for documentation, which nobody owns: no packet leaves this computer.
SOURCE_ADDRESSES = {
    expected_ports.MANAGEMENT: "192.0.2.10",
    expected_ports.NUVLA: "198.51.100.10",
    expected_ports.USERS: "203.0.113.10",
}
# Records datagrams where sockets receive them: behind every rule for incoming packets.
DATAGRAM_RECORDER = """
table inet e2e_arrivals {
  set seen { type inet_service . ipv4_addr; flags dynamic; size 65535; }
  chain arrivals {
    type filter hook input priority 300;
    meta l4proto udp add @seen { udp dport . ip saddr }
  }
}
"""
ReceivedDatagrams = set[tuple[int, str]]  # port, and address of the sender
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


@contextmanager
def running_process(command: list[str], ready_line: str) -> Iterator[tuple[IO[str], IO[str], list[str]]]:
    """Run a process; yield its input, its output after `ready_line`, and the lines before that line."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        earlier_lines = []
        for line in process.stdout:
            if line.strip() == ready_line:
                break
            earlier_lines.append(line)
        else:
            raise AssertionError(f"it ended before it was {ready_line}: {earlier_lines}")
        yield process.stdin, process.stdout, earlier_lines  # the end of its input ends the process


@contextmanager
def routes_back(target: Stack, machine: str) -> Iterator[None]:
    """Give a machine routes back to the sources outside of its network."""

    def change(verb: str) -> Result:
        lines = [f"ip route {verb} {address}/32 dev {target.device}" for address in SOURCE_ADDRESSES.values()]
        return target.on(machine, "sh", "-euc", "\n".join(lines))

    with ExitStack() as clean_up:
        clean_up.callback(change, "delete")
        added = change("replace")
        assert added.code == 0, added.text
        yield


@contextmanager
def recorded_datagrams(target: Stack, machine: str, received: ReceivedDatagrams) -> Iterator[None]:
    """Record the datagrams that reach sockets of a machine, whichever process owns them."""

    def nft(*arguments: str) -> str:
        answer = target.on(machine, "nft", "--numeric", *arguments)
        assert answer.code == 0, answer.text
        return answer.text

    nft(DATAGRAM_RECORDER)
    try:
        yield
        listed = nft("list", "set", "inet", "e2e_arrivals", "seen")
        received |= {(int(port), sender) for port, sender in re.findall(r"(\d+) \. ([\d.]+)", listed)}
    finally:
        nft("delete", "table", "inet", "e2e_arrivals")


@contextmanager
def running_listeners(target: Stack, machine: str, prober: Prober, *ports: int) -> Iterator[ReceivedDatagrams]:
    """Run listeners on those of the ports that are free on a machine.

    After the context, the yielded set holds the datagrams that arrived at the ports, at a listener or another process.
    """
    listener = ["python3", "-c", (SCRIPTS / "listen.py").read_text(), target.address(machine), *map(str, ports)]
    recorded, received = ReceivedDatagrams(), ReceivedDatagrams()
    with (
        routes_back(target, machine),
        running_process(target.in_network(machine, prober.image, *listener), "ready") as (stdin, stdout, earlier_lines),
    ):
        with recorded_datagrams(target, machine, recorded):
            yield received
        stdin.close()
        heard = re.findall(r"^udp (\d+) (\S+)$", stdout.read(), re.MULTILINE)
    taken = {int(port) for port in re.findall(r"^taken udp (\d+)$", "".join(earlier_lines), re.MULTILINE)}
    received |= {(int(port), sender) for port, sender in heard} | {
        datagram for datagram in recorded if datagram[0] in taken
    }


def send_packets(prober: Prober, source: str, address: str, *ports: int) -> dict[int, str]:
    """Send datagrams to ports and connect to them; return the results of the connections, by port."""
    completed = run(*prober.script_command("send.py", source, address, *ports), timeout_s=60)
    assert completed.code == 0, completed.text
    return {int(port): answer for port, answer in (line.split(" ", 1) for line in completed.text.splitlines())}


def send_packets_from_all(prober: Prober, address: str, *ports: int) -> dict[str, dict[int, str]]:
    """Send packets from all sources at once, as a closed port takes some seconds."""
    with ThreadPoolExecutor() as senders:
        sent = senders.map(lambda source: send_packets(prober, source, address, *ports), expected_ports.SOURCES)
        return dict(zip(expected_ports.SOURCES, sent, strict=True))


def probe_ports(target: Stack, machine: str, prober: Prober, kind: str = "target") -> dict[str, PortStates]:
    """Return the states of the probed ports of a machine, by source."""
    with running_listeners(target, machine, prober, *expected_ports.PROBED_PORTS) as received:
        connections = send_packets_from_all(prober, target.address(machine), *expected_ports.PROBED_PORTS)
    states: dict[str, PortStates] = {}
    for source, connections_of_source in connections.items():
        states[source] = {}
        for port in expected_ports.PROBED_PORTS:
            service, _ = expected_ports.port_rule(port, kind)
            assert connections_of_source[port] in ("open", "closed"), (
                f"{machine}: {port}/tcp from {source}: {connections_of_source[port]}; does anybody listen?"
            )
            states[source][f"{port}/tcp {service}"] = connections_of_source[port]
            has_arrived = (port, prober.addresses[source]) in received
            states[source][f"{port}/udp {service}"] = "open" if has_arrived else "closed"
    return states
