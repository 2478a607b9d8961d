"""Listeners on the ports of a machine, which record what arrives there from sources outside of its network."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO

from tests.e2e import expected_ports
from tests.e2e.harness import SCRIPTS, Result, Stack

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


@dataclass
class Listeners:
    """What listeners on ports of a machine met: datagrams, and ports on which nobody can listen."""

    received: ReceivedDatagrams = field(default_factory=set)
    busy: set[int] = field(default_factory=set)  # an outgoing connection keeps the port


@contextmanager
def running_listeners(target: Stack, machine: str, image: str, *ports: int) -> Iterator[Listeners]:
    """Run listeners on those of the ports that are free on a machine.

    After the context, `received` holds the datagrams that arrived at the ports, at a listener or another process.
    """

    def said(pattern: str, text: str) -> list[tuple[int, str]]:
        return [(int(port), rest) for port, rest in re.findall(pattern, text, re.MULTILINE)]

    listener = ["python3", "-c", (SCRIPTS / "listen.py").read_text(), target.address(machine), *map(str, ports)]
    recorded, listeners = ReceivedDatagrams(), Listeners()
    with (
        routes_back(target, machine),
        running_process(target.in_network(machine, image, *listener), "ready") as (stdin, stdout, earlier_lines),
    ):
        before = "".join(earlier_lines)
        listeners.busy |= {port for port, _ in said(r"^busy tcp (\d+)()$", before)}
        with recorded_datagrams(target, machine, recorded):
            yield listeners
        stdin.close()
        listeners.received |= set(said(r"^udp (\d+) (\S+)$", stdout.read()))
    taken = {port for port, _ in said(r"^taken udp (\d+)()$", before)}
    listeners.received |= {datagram for datagram in recorded if datagram[0] in taken}
