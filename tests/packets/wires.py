"""A machine with an engine's bridges and containers, and its neighbours, as namespaces of the kernel's own network.

No stack, no Docker: what an engine does with packets is a table of rules beside the program's.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from components.ports import TrafficSource

INSIDE = Path(__file__).with_name("inside")
MACHINE, PEER = "192.168.1.11", "192.168.1.12"
METADATA = "169.254.169.254"
NEIGHBOURS = {
    "operator": "192.168.1.5",
    "nuvla": "192.168.1.6",
    "user": "192.168.1.7",
    "peer": PEER,
    "stranger": "192.168.1.66",
    "cloud": METADATA,
}
# name: bridge, its network, address. `own` is on a network that somebody gave a range of its own.
CONTAINERS = {
    "single": ("docker0", "10.200.0.1/24", "10.200.0.2"),
    "task": ("docker_gwbridge", "10.200.1.1/24", "10.200.1.2"),
    "composed": ("br-0123456789ab", "10.200.2.1/24", "10.200.2.2"),
    "beside": ("br-0123456789ab", "10.200.2.1/24", "10.200.2.3"),
    "own": ("br-ba9876543210", "192.168.50.1/24", "192.168.50.2"),
}
POOLS = [IPv4Network("10.200.0.0/16"), IPv4Network("10.224.0.0/12")]
SOURCES: dict[TrafficSource, list[IPv4Network]] = {
    TrafficSource.MANAGEMENT: [IPv4Network("192.168.1.5/32"), IPv4Network("192.168.50.0/24")],
    TrafficSource.CLUSTER: [IPv4Network(MACHINE), IPv4Network(PEER)],
    TrafficSource.NUVLA: [IPv4Network("192.168.1.6/32")],
    TrafficSource.USERS: [IPv4Network("192.168.1.7/32")],
}
PUBLISHED, BELOW = 40000, 8888  # at the machine, by the container `single`
# As the engines do it that do not drop what is routed to a container (before 28).
ENGINE = f"""
table ip engine {{
  chain out {{ type nat hook postrouting priority 100; ip saddr 10.200.0.0/16 oifname UPLINK masquerade;
    ip saddr 192.168.50.0/24 oifname UPLINK masquerade; }}
  chain in {{ type nat hook prerouting priority -100; fib daddr type local tcp dport {PUBLISHED} dnat to 10.200.0.2:80;
    fib daddr type local tcp dport {BELOW} dnat to 10.200.0.2:81; }}
}}
"""


class Wires:
    """The namespaces, all of them inside of one."""

    def __init__(self, uplink: str) -> None:
        self.uplink = uplink  # of the machine: "eth0", or a bridge that eth0 is in
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        self.holder = subprocess.Popen(
            ["unshare", *as_root, "--net", "--mount", "sh", "-c", "mount -t tmpfs none /run && echo ready && cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.holder.stdout is not None
        assert self.holder.stdout.readline() == "ready\n"
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self._enter = ["nsenter", f"--target={self.holder.pid}", *user, "--net", "--mount"]

    def close(self) -> None:
        """Nothing is left of it."""
        self.holder.communicate("")

    def run(self, place: str, *command: str, given: str = "", check: bool = True) -> str:
        """What a command says in a namespace."""
        done = subprocess.run(
            self.command(place, *command), input=given, text=True, capture_output=True, check=False, timeout=120
        )
        assert not check or done.returncode == 0, (command, done.stderr)
        return done.stdout

    def command(self, place: str, *command: str) -> list[str]:
        """The same, not run."""
        return [*self._enter, *(["ip", "netns", "exec", place] if place else []), *command]

    def build(self) -> None:
        """All of it."""
        script = ["ip netns add machine", "ip netns add lan", "ip -n lan link add lan type bridge"]
        script += ["ip -n lan link set lan up", "ip -n machine link set lo up"]
        script += _wire("machine", "eth0", "lan", "lan")
        if self.uplink != "eth0":
            script += [f"ip -n machine link add {self.uplink} type bridge", f"ip -n machine link set {self.uplink} up"]
            script += [f"ip -n machine link set eth0 master {self.uplink}"]
        script.append(f"ip -n machine address add {MACHINE}/24 dev {self.uplink} brd +")
        for name, address in NEIGHBOURS.items():
            script += [f"ip netns add {name}", *_wire(name, "eth0", "lan", "lan"), f"ip -n {name} link set lo up"]
            script.append(f"ip -n {name} address add {address}/24 dev eth0 brd +")
        script.append(f"ip -n cloud route add 192.168.1.0/24 dev eth0 src {METADATA}")
        # As clouds do: on the machine's own network.
        script.append(f"ip -n machine route add {METADATA} dev {self.uplink}")
        for name, (bridge, network, address) in CONTAINERS.items():
            gateway = network.partition("/")[0]
            script += [f"ip netns add {name}", f"ip -n {name} link set lo up"]
            script.append(
                f"ip -n machine link show {bridge} >/dev/null 2>&1 || {{ ip -n machine link add {bridge} type bridge; "
                f"ip -n machine address add {network} dev {bridge}; ip -n machine link set {bridge} up; }}"
            )
            script += [*_wire(name, "eth0", "machine", bridge), f"ip -n {name} address add {address}/24 dev eth0"]
            script.append(f"ip -n {name} route add default via {gateway}")
        script += ["ip netns exec machine sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1"]
        self.run("", "sh", "-ec", "\n".join(script))
        self.run("machine", "nft", "-f", "-", given=ENGINE.replace("UPLINK", self.uplink))

    def load(self, text: str) -> None:
        """The table of rules of the machine."""
        self.run("machine", "nft", "-f", "-", given=text)

    def reach(self, place: str, address: str, *wanted: str, sender: str = "0.0.0.0") -> dict[int, str]:
        """Which of "tcp/<port>" can be connected to from somewhere; to each of "udp/<port>" a datagram is sent."""
        said = self.run(place, sys.executable, str(INSIDE / "send.py"), sender, address, *wanted)
        return {int(port): answer for port, answer in (line.split() for line in said.splitlines())}

    @contextmanager
    def listening(self, place: str, *ports: int) -> Iterator["Ear"]:
        """Somebody who listens there."""
        command = self.command(place, sys.executable, str(INSIDE / "listen.py"), *map(str, ports))
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Ear(self, place, ports, process)
            process.communicate("")


@dataclass
class Ear:
    """What is heard somewhere."""

    wires: Wires
    place: str
    ports: Sequence[int]
    process: "subprocess.Popen[str]"

    def heard(self) -> set[tuple[str, int, str]]:
        """Protocol, port and sender of each word until now: one of its own, which is the last, ends it."""
        assert self.process.stdout is not None
        found: set[tuple[str, int, str]] = set()
        self.wires.reach(self.place, "127.0.0.1", f"udp/{self.ports[0]}")
        for line in self.process.stdout:
            protocol, port, sender, _ = line.split()
            if sender == "127.0.0.1":
                break
            found.add((protocol, int(port), sender))
        return found


def _wire(one: str, name: str, other: str, bridge: str) -> list[str]:
    """A cable from a namespace to a bridge of another one."""
    end = f"v-{one}"
    return [
        f"ip -n {one} link add {name} type veth peer name {end} netns {other}",
        f"ip -n {one} link set {name} up",
        f"ip -n {other} link set {end} master {bridge} up",
    ]
