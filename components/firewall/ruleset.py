"""The firewall of the machines, as a table of rules on each one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Literal

import pulumi

from components import assets
from components.firewall.rules import MOUNTD_PORT, SSH, Row, Source
from components.firewall.trial import ON_TRIAL, TRIAL_S, Trial
from components.machines.machine import DIAL_ERROR_LIMIT, Machine

TABLE = "inet nuvla_swarm"
# "rules" on the machine; "confirmed rules" too, which revert by themselves unless a new connection confirms them;
# "ports": no rules, as somebody else filters, and only what the kernel may use for outgoing connections.
Mode = Literal["rules", "confirmed rules", "ports"]


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """What is open, to whom, and where."""

    mode: Mode
    rows: Sequence[Row]
    sources: Mapping[Source, Sequence[IPv4Network]]
    ephemeral: tuple[int, int]  # first and last port: the kernel's own choice for outgoing connections too
    machines: Mapping[str, Machine]
    prepared: Mapping[str, pulumi.Resource]  # machine -> what has installed nftables there


class Firewall(pulumi.ComponentResource):
    """Machines whose inbound ports are closed but for the rows, also for ports that Docker publishes.

    The rules are loaded before the network at every start of a machine and do not depend on its engine. They are
    replaced as a whole; connections that exist are kept. Destroying it leaves them: they go with their machine, or
    when their machine leaves. Rules that have to be confirmed are tried out: the command fails on purpose, and is
    tried again over a new connection, without which the machine takes them back by itself.

    Outputs: ``machines`` (list). ``applied`` has the command of each machine, for what has to come after it.
    Errors: the update fails, and the old rules stay, when nft refuses the new ones, or when they have to be confirmed
    and do not let this program in.
    Source: Nuvla administrator guide, "Docker Swarm Infrastructures"; nftables wiki, "Netfilter hooks".
    """

    applied: Mapping[str, pulumi.Resource]

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None):
        first, last = args.ephemeral
        rows = [] if args.mode == "ports" else args.rows
        props = {
            "mode": args.mode,
            "sources": {source.value: [str(network) for network in args.sources[source]] for source in Source},
            "rows": {f"{row.service} {row.span}/{'+'.join(row.protocols)}": ", ".join(row.sources) for row in rows},
            "ephemeral": f"{first}-{last}",
        }
        super().__init__("nuvla:firewall:Firewall", name, props, opts)
        trial = Trial(name) if args.mode == "confirmed rules" else None
        self.applied = {
            machine.name: machine.command(
                f"{name}-{machine.name}",
                "firewall/scripts/firewall.sh",
                {
                    "MACHINE": machine.name,
                    "RULES": ruleset(_reachable(rows, machine), args.sources) if rows else "",
                    "EPHEMERAL": f"{first} {last}",
                    "RESERVED": str(MOUNTD_PORT),
                    "CONFIRM": "true" if trial else "",
                    "TRIAL_S": str(TRIAL_S),
                    "ON_TRIAL": ON_TRIAL,
                },
                pulumi.ResourceOptions(
                    parent=self, depends_on=[args.prepared[machine.name]], hooks=trial.hooks if trial else None
                ),
                triggers=[machine.root_id],
                dial_error_limit=2 if trial else DIAL_ERROR_LIMIT,
            )
            for machine in args.machines.values()
        }
        self.register_outputs({"machines": list(args.machines)})


def _reachable(rows: Sequence[Row], machine: Machine) -> list[Row]:
    """The rows, with the port that the SSH server of this machine has."""
    return [replace(row, first=machine.port, last=machine.port) if row.service == SSH else row for row in rows]


def ruleset(rows: Sequence[Row], sources: Mapping[Source, Sequence[IPv4Network]]) -> str:
    """What `nft -f` loads: the table, then one line per network and per row, so that a preview shows each by itself."""
    networks = [f"add element {TABLE} {source} {{ {network} }}" for source in Source for network in sources[source]]
    opened = [
        f'add rule {TABLE} {source} {protocol} dport {row.span} accept comment "{row.service}"'
        for source in Source
        for row in rows
        if source in row.sources
        for protocol in row.protocols
    ]
    return assets.read("firewall/files/firewall.nft") + "\n".join([*networks, *opened]) + "\n"
