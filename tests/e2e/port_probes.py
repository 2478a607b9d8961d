"""Real packets to the ports of machines, from an address of each source.

They come from a container on the network of the machines, which has addresses of its own beside that of the network;
machines get a route back to these while they are probed. What nothing of the target listens on has a listener of the
test. By tcp, a port is open when it can be connected to; by udp, when datagrams arrive.
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
from tests.e2e.harness import CHECKOUT, LABEL, Stack, docker, run

SCRIPTS = CHECKOUT / "tests/e2e/files"
# Of ranges for documentation, which are nobody's: nothing of it leaves this computer.
OUTSIDE = {
    expected_ports.MANAGEMENT: "192.0.2.10",
    expected_ports.NUVLA: "198.51.100.10",
    expected_ports.USERS: "203.0.113.10",
}
# Datagrams, where sockets get them: behind every rule about what comes in.
ARRIVALS = """
table inet e2e_arrivals {
  set seen { type inet_service . ipv4_addr; flags dynamic; size 65535; }
  chain arrivals {
    type filter hook input priority 300;
    meta l4proto udp add @seen { udp dport . ip saddr }
  }
}
"""
Arrived = set[tuple[int, str]]  # port, and address of the sender
Answers = dict[str, str]  # "22/tcp ssh" -> "open" or "closed"


@dataclass(frozen=True)
class Prober:
    """A container on the network of a stack's machines."""

    container: str
    image: str
    addresses: dict[str, str]  # by source

    def script(self, name: str, source: str, *arguments: object) -> list[str]:
        """The command that runs a script of these tests there, with packets from the address of a source."""
        text = (SCRIPTS / name).read_text()
        place = ["docker", "exec", "--interactive", self.container]
        return [*place, "python3", "-c", text, self.addresses[source], *map(str, arguments)]


@contextmanager
def prober(target: Stack) -> Iterator[Prober]:
    """A container with an address of each source, on the network of the machines of `target`."""
    names = run("local/build.sh", "tags", cwd=CHECKOUT).text.split()
    [image] = [name for name in names if "/probe:" in name]
    container, inside = f"nuvla-swarm-{target.name}-prober", str(IPv4Network(target.get("machines.subnet"))[-6])
    options = [f"--name={container}", f"--network=nuvla-swarm-{target.name}", f"--ip={inside}", "--cap-add=NET_ADMIN"]
    options.append(f"--label={LABEL}=nuvla-swarm/{target.name}")
    docker("run", "--detach", *options, image, "sleep", "infinity")
    try:
        for address in OUTSIDE.values():
            docker("exec", container, "ip", "address", "add", f"{address}/32", "dev", "eth0")
        yield Prober(container, image, OUTSIDE | {expected_ports.CLUSTER: inside})
    finally:
        docker("rm", "--force", "--volumes", container)


@contextmanager
def talking(command: list[str], first: str) -> Iterator[tuple[IO[str], IO[str], list[str]]]:
    """Input and output of a process that has said its `first` word, and what it said before."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        before = []
        for line in process.stdout:
            if line.strip() == first:
                break
            before.append(line)
        else:
            raise AssertionError(f"it ended before it was {first}: {before}")
        yield process.stdin, process.stdout, before  # its input is closed afterwards, which ends it


@contextmanager
def routes_back(target: Stack, machine: str) -> Iterator[None]:
    """Lets a machine answer those from outside of its network."""
    place = ["docker", "exec", target.container(machine), "ip", "route"]
    with ExitStack() as undone:
        for address in OUTSIDE.values():
            docker(*place[1:], "replace", f"{address}/32", "dev", "eth0")
            undone.callback(run, *place, "delete", f"{address}/32", "dev", "eth0")
        yield


@contextmanager
def arrivals(target: Stack, machine: str, into: Arrived) -> Iterator[None]:
    """Notes the datagrams that reach the sockets of a machine, whoever has them."""
    nft = ["docker", "exec", "--interactive", target.container(machine), "nft", "--numeric"]
    subprocess.run([*nft, "--file", "-"], input=ARRIVALS, text=True, check=True)
    try:
        yield
        seen = docker(*nft[1:], "list", "set", "inet", "e2e_arrivals", "seen")
        into |= {(int(port), sender) for port, sender in re.findall(r"(\d+) \. ([\d.]+)", seen)}
    finally:
        docker(*nft[1:], "delete", "table", "inet", "e2e_arrivals")


@contextmanager
def planted(target: Stack, machine: str, by: Prober, *ports: int) -> Iterator[Arrived]:
    """Listeners on a machine, on whatever of the ports is free.

    When they are gone, what is yielded holds the datagrams that arrived: at them, or at whoever else has the port.
    """
    listener = ["python3", "-c", (SCRIPTS / "listen.py").read_text(), target.address(machine), *map(str, ports)]
    place = ["docker", "run", "--rm", "--interactive", f"--network=container:{target.container(machine)}", by.image]
    others, arrived = Arrived(), Arrived()
    with routes_back(target, machine), talking([*place, *listener], "ready") as (stdin, stdout, before):
        with arrivals(target, machine, others):
            yield arrived
        stdin.close()
        heard = re.findall(r"^udp (\d+) (\S+)$", stdout.read(), re.MULTILINE)
    taken = {int(port) for port in re.findall(r"^taken udp (\d+)$", "".join(before), re.MULTILINE)}
    arrived |= {(int(port), sender) for port, sender in heard} | {found for found in others if found[0] in taken}


def send(by: Prober, source: str, address: str, *ports: int) -> dict[int, str]:
    """Sends datagrams to ports and connects to them; what became of the connections."""
    done = run(*by.script("send.py", source, address, *ports), timeout_s=60)
    assert done.code == 0, done.text
    return {int(port): answer for port, answer in (line.split(" ", 1) for line in done.text.splitlines())}


def send_from_all(by: Prober, address: str, *ports: int) -> dict[str, dict[int, str]]:
    """The same from each source at once: what is closed takes some seconds."""
    with ThreadPoolExecutor() as senders:
        sent = senders.map(lambda source: send(by, source, address, *ports), expected_ports.SOURCES)
        return dict(zip(expected_ports.SOURCES, sent, strict=True))


def probe(target: Stack, machine: str, by: Prober, kind: str = "target") -> dict[str, Answers]:
    """What the probed ports of a machine are to each source."""
    with planted(target, machine, by, *expected_ports.PORTS) as arrived:
        connections = send_from_all(by, target.address(machine), *expected_ports.PORTS)
    found: dict[str, Answers] = {}
    for source, answers in connections.items():
        found[source] = {}
        for port in expected_ports.PORTS:
            service, _ = expected_ports.line(port, kind)
            assert answers[port] in ("open", "closed"), (
                f"{machine}: {port}/tcp from {source}: {answers[port]}; does anybody listen?"
            )
            found[source][f"{port}/tcp {service}"] = answers[port]
            reached = (port, by.addresses[source]) in arrived
            found[source][f"{port}/udp {service}"] = "open" if reached else "closed"
    return found
