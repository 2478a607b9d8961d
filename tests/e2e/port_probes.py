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
from tests.e2e.harness import STACK_LABEL, Stack, docker, image_of, run
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
    addresses: dict[str, str]  # by source

    def script_command(self, name: str, source: str, *arguments: object) -> list[str]:
        """Return the command that runs a script of these tests in the container, with the address of a source."""
        text = (SCRIPTS / name).read_text()
        exec_command = ["docker", "exec", "--interactive", self.container]
        return [*exec_command, "python3", "-c", text, self.addresses[source], *map(str, arguments)]


@contextmanager
def running_prober(target: Stack) -> Iterator[Prober]:
    """Yield a container with an address of each source, on the network of the machines of `target`."""
    image = image_of("probe")
    container, inside = f"nuvla-swarm-{target.name}-prober", str(IPv4Network(target.get("machines.subnet"))[-6])
    options = [f"--name={container}", f"--network=nuvla-swarm-{target.name}", f"--ip={inside}", "--cap-add=NET_ADMIN"]
    options.append(f"--label={STACK_LABEL}=nuvla-swarm/{target.name}")
    docker("run", "--detach", *options, image, "sleep", "infinity")
    try:
        for address in SOURCE_ADDRESSES.values():
            docker("exec", container, "ip", "address", "add", f"{address}/32", "dev", "eth0")
        yield Prober(container, image, SOURCE_ADDRESSES | {expected_ports.CLUSTER: inside})
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
    ip_route = ["docker", "exec", target.container(machine), "ip", "route"]
    with ExitStack() as clean_up:
        for address in SOURCE_ADDRESSES.values():
            docker(*ip_route[1:], "replace", f"{address}/32", "dev", "eth0")
            clean_up.callback(run, *ip_route, "delete", f"{address}/32", "dev", "eth0")
        yield


@contextmanager
def recorded_datagrams(target: Stack, machine: str, received: ReceivedDatagrams) -> Iterator[None]:
    """Record the datagrams that reach sockets of a machine, whichever process owns them."""
    nft = ["docker", "exec", "--interactive", target.container(machine), "nft", "--numeric"]
    subprocess.run([*nft, "--file", "-"], input=DATAGRAM_RECORDER, text=True, check=True)
    try:
        yield
        listed = docker(*nft[1:], "list", "set", "inet", "e2e_arrivals", "seen")
        received |= {(int(port), sender) for port, sender in re.findall(r"(\d+) \. ([\d.]+)", listed)}
    finally:
        docker(*nft[1:], "delete", "table", "inet", "e2e_arrivals")


@contextmanager
def running_listeners(target: Stack, machine: str, prober: Prober, *ports: int) -> Iterator[ReceivedDatagrams]:
    """Run listeners on those of the ports that are free on a machine.

    After the context, the yielded set holds the datagrams that arrived at the ports, at a listener or another process.
    """
    listener = ["python3", "-c", (SCRIPTS / "listen.py").read_text(), target.address(machine), *map(str, ports)]
    run_command = [
        "docker",
        "run",
        "--rm",
        "--interactive",
        f"--network=container:{target.container(machine)}",
        prober.image,
    ]
    recorded, received = ReceivedDatagrams(), ReceivedDatagrams()
    with (
        routes_back(target, machine),
        running_process([*run_command, *listener], "ready") as (stdin, stdout, earlier_lines),
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
