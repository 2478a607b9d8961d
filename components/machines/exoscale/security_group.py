"""The security group around machines on Exoscale."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumiverse_exoscale as exoscale

from components.ports import PortRule, TrafficSource

DESCRIPTION = "Machines of one infrastructure"  # a changed description would replace the group, which is in use
PING = {"protocol": "ICMP", "icmp_type": 8, "icmp_code": 0}
ENCRYPTED = {"protocol": "ESP", "description": "encrypted overlay networks"}
PINGED_BY = (TrafficSource.MANAGEMENT, TrafficSource.CLUSTER)


@dataclass(frozen=True, kw_only=True)
class SecurityGroupArgs:
    """The rows of the firewall and the networks of their sources."""

    name: str  # on Exoscale, in lower case
    rows: Sequence[PortRule]
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]  # networks of CLUSTER are ignored: the group stands for it
    hooks: pulumi.ResourceHookBinding | None = None  # of the group and its rules


class SecurityGroup(pulumi.ComponentResource):
    """A security group that opens the ports of the rows to their sources, and closes all other ports.

    The logical name of a rule consists of its ports and its source: adding, changing or removing a rule touches no
    other rule. A security group does not filter private networks: the program trusts all machines on them. Exoscale
    destroys a group only after its members.
    Outputs: ``id`` (str) of the group.
    Errors: the update fails if the account has a group of this name already.
    Source: Nuvla administrator guide, "Docker Swarm Infrastructures"; Exoscale documentation, "Security Groups".
    """

    id: pulumi.Output[str]

    def __init__(self, name: str, args: SecurityGroupArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "sources": {
                source.value: [str(network) for network in args.sources[source]]
                for source in TrafficSource
                if source is not TrafficSource.CLUSTER
            },
            "rows": {f"{row.service} {row.span}/{'+'.join(row.protocols)}": row.origin for row in args.rows},
        }
        super().__init__("nuvla:firewall:SecurityGroup", name, props, opts)
        child_options = pulumi.ResourceOptions(parent=self, hooks=args.hooks)
        group = exoscale.SecurityGroup(f"{name}-group", name=args.name, description=DESCRIPTION, opts=child_options)
        self.id = group.id
        for title, rule in _rules(args):
            network = rule.pop("network")
            exoscale.SecurityGroupRule(
                f"{name}-{title}",
                security_group_id=group.id,
                type="INGRESS",
                **rule,
                **({"cidr": str(network)} if network else {"user_security_group_id": group.id}),
                opts=child_options,
            )
        self.register_outputs({"id": self.id})


def _rules(args: SecurityGroupArgs) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the title and the inputs of each rule; a network of several sources gets one rule for all of them."""
    rules: dict[str, dict[str, Any]] = {}
    for source in TrafficSource:
        networks = [None] if source is TrafficSource.CLUSTER else args.sources[source]
        for network in networks:
            source_title = str(network).replace("/", "-") if network else source.value
            for title, rule in _open_ports(args.rows, source):
                rules.setdefault(f"{title}-{source_title}", {**rule, "network": network})
    for row in args.rows:
        for network in row.networks:
            for title, rule in _ports_of(row):
                rules.setdefault(f"{title}-{str(network).replace('/', '-')}", {**rule, "network": network})
    yield from rules.items()


def _open_ports(rows: Sequence[PortRule], source: TrafficSource) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows:
        if source in row.sources:
            yield from _ports_of(row)
    if source in PINGED_BY:
        yield "ping", {**PING, "description": "ping"}
    if source is TrafficSource.CLUSTER:
        yield "esp", dict(ENCRYPTED)


def _ports_of(row: PortRule) -> Iterator[tuple[str, dict[str, Any]]]:
    for protocol in row.protocols:
        # Without one of the ports, each update would replace the rule.
        ports = {"start_port": row.first, "end_port": row.last}
        yield f"{protocol}-{row.span}", {"protocol": protocol.upper(), "description": row.service, **ports}
