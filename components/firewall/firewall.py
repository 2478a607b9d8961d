"""The firewall of the machines, as a table of rules on each one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Literal

import pulumi

from components import assets
from components.firewall.confirmed_apply import CONFIRM_TIMEOUT_S, UNCONFIRMED_MESSAGE, ConfirmedApply
from components.machines.machine import DIAL_ERROR_LIMIT, Machine
from components.ports import MOUNTD, SSH, ContainerAccess, PortRule, TrafficSource

TABLE = "inet nuvla_swarm"
CONTAINER_SOURCES = (TrafficSource.CLUSTER, TrafficSource.USERS)  # whom they may not reach, and who some of them are
# "rules" for all; "containers": for these alone, as somebody else filters for others. Either way, "confirmed" ones
# revert by themselves unless a new connection confirms them.
FirewallMode = Literal["rules", "confirmed rules", "containers", "confirmed containers"]


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """What is open, to whom, and where."""

    mode: FirewallMode
    rows: Sequence[PortRule]
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]
    containers: Sequence[IPv4Network]  # what engine and swarm give to containers
    ephemeral: tuple[int, int]  # first and last port: the kernel's own choice for outgoing connections too
    machines: Mapping[str, Machine]
    depends_on: Mapping[str, pulumi.Resource]  # machine -> what has installed nftables there


class Firewall(pulumi.ComponentResource):
    """Machines whose inbound ports are closed but for the rows, also for ports that Docker publishes.

    Containers reach even fewer ports of their machine and of the others, nothing of what a cloud tells a machine, and
    are reached by the ports that they publish alone. The rules are loaded before the network at every start of a
    machine and do not depend on its engine; where they cannot be, only operators come in. Whoever takes them away finds
    them back soon, and is an alert. They are replaced as a whole; connections that exist are kept. Destroying it leaves
    them: they go with their machine, or when their machine leaves. Rules that have to be confirmed are tried out: the
    command fails on purpose, and is tried again over a new connection, without which the machine takes them back by
    itself.

    Outputs: ``machines`` (list). ``ready`` has the command of each machine, for what has to come after it.
    Errors: the update fails, and the old rules stay, when nft refuses the new ones, or when they have to be confirmed
    and do not let this program in.
    Source: Nuvla administrator guide, "Docker Swarm Infrastructures"; nftables wiki, "Netfilter hooks".
    """

    ready: Mapping[str, pulumi.Resource]

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None):
        first, last = args.ephemeral
        for_all = args.mode.endswith("rules")
        judged = [source for source in TrafficSource if for_all or source in CONTAINER_SOURCES]
        sources = {source: args.sources[source] if source in judged else [] for source in TrafficSource}
        props = {
            "mode": args.mode,
            "sources": {source.value: [str(network) for network in sources[source]] for source in judged},
            "containers": [str(network) for network in args.containers],
            "rows": {
                f"{row.service} {row.span}/{'+'.join(row.protocols)}": ", ".join(row.sources) for row in args.rows
            },
            "ephemeral": f"{first}-{last}",
        }
        super().__init__("nuvla:firewall:Firewall", name, props, opts)
        trial = ConfirmedApply(name) if args.mode.startswith("confirmed") else None
        self.ready = {
            machine.name: machine.command(
                f"{name}-{machine.name}",
                "firewall/scripts/firewall.sh",
                {
                    "MACHINE": machine.name,
                    "RULES": ruleset(_reachable(args.rows, machine), sources, args.containers, for_all=for_all),
                    "CLOSED": closed(machine.port, sources) if for_all else "",
                    "GUARD": assets.read("firewall/files/guard.sh"),
                    "EPHEMERAL": f"{first} {last}",
                    "RESERVED": str(MOUNTD.number),
                    "CONFIRM": "true" if trial else "",
                    "TRIAL_S": str(CONFIRM_TIMEOUT_S),
                    "ON_TRIAL": UNCONFIRMED_MESSAGE,
                },
                pulumi.ResourceOptions(
                    parent=self, depends_on=[args.depends_on[machine.name]], hooks=trial.hooks if trial else None
                ),
                triggers=[machine.system_generation],
                dial_error_limit=2 if trial else DIAL_ERROR_LIMIT,
            )
            for machine in args.machines.values()
        }
        self.register_outputs({"machines": list(args.machines)})


def _reachable(rows: Sequence[PortRule], machine: Machine) -> list[PortRule]:
    """The rows, with the port that the SSH server of this machine has."""
    return [replace(row, first=machine.port, last=machine.port) if row.service == SSH.row else row for row in rows]


def ruleset(
    rows: Sequence[PortRule],
    sources: Mapping[TrafficSource, Sequence[IPv4Network]],
    containers: Sequence[IPv4Network],
    *,
    for_all: bool = True,
) -> str:
    """What `nft -f` loads: the table, then one line per network and per row, so that a preview shows each by itself.

    Without `for_all`, containers alone are judged by it.
    """
    networks = [
        f"add element {TABLE} {source} {{ {network} }}" for source in TrafficSource for network in sources[source]
    ]
    networks += [f"add element {TABLE} containers {{ {network} }}" for network in containers]
    opened = [
        f'add rule {TABLE} {source} {protocol} dport {row.span} accept comment "{row.service}"'
        for source in (TrafficSource if for_all else [TrafficSource.USERS])
        for row in rows
        if source in row.sources
        for protocol in row.protocols
    ]
    others = [] if for_all else [f"add rule {TABLE} others accept"]
    kept_in = _of_containers(rows, to="ip daddr @cluster " if sources[TrafficSource.CLUSTER] else "")
    return _text("firewall.nft", [*networks, *opened, *others, *kept_in])


def _of_containers(rows: Sequence[PortRule], to: str) -> Iterator[str]:
    """What containers may ask of machines, and what is closed to them there.

    Where nobody knows the addresses of the machines, they reach what is the machines' own of nobody at all.
    """
    bridge = 'iifname "docker_gwbridge"'  # of the overlay networks, on which monitoring is
    for row in rows:
        if row.containers is ContainerAccess.CONNECT:
            yield f"add rule {TABLE} silent {to}tcp dport {row.span} jump wordless"
        if row.containers is not ContainerAccess.NONE:
            yield f'add rule {TABLE} measured {bridge} {to}tcp dport {row.span} accept comment "{row.service}"'
    for row in rows:
        if TrafficSource.USERS not in row.sources and (to or TrafficSource.CLUSTER in row.sources):
            for protocol in row.protocols:
                yield f'add rule {TABLE} outward {to}{protocol} dport {row.span} counter drop comment "{row.service}"'


def closed(ssh_port: int, sources: Mapping[TrafficSource, Sequence[IPv4Network]]) -> str:
    """What is loaded where the rules cannot be: operators get in by SSH, and nobody else by anything."""
    operators = TrafficSource.MANAGEMENT
    networks = [f"add element {TABLE} {operators} {{ {network} }}" for network in sources[operators]]
    return _text("closed.nft", [*networks, f"add rule {TABLE} {operators} tcp dport {ssh_port} accept"])


def _text(file: str, lines: Sequence[str]) -> str:
    return assets.read(f"firewall/files/{file}") + "\n".join(lines) + "\n"
