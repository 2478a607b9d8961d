"""The firewall of machines on Exoscale, as a security group around them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumiverse_exoscale as exoscale

from components.ports import PortRule, TrafficSource

DESCRIPTION = "Machines of one infrastructure"  # another one would replace the group, which is in use
PING = {"protocol": "ICMP", "icmp_type": 8, "icmp_code": 0}
PINGED_BY = (TrafficSource.MANAGEMENT, TrafficSource.CLUSTER)


@dataclass(frozen=True, kw_only=True)
class SecurityGroupArgs:
    """What is open, and to whom."""

    name: str  # that people see on Exoscale, in lower case
    rows: Sequence[PortRule]
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]  # the cluster is the group itself, whatever is given for it
    hooks: pulumi.ResourceHookBinding | None = None  # of group and rules


class SecurityGroup(pulumi.ComponentResource):
    """A group whose members can be reached by the rows alone, and reach each other by those of the cluster.

    A rule is named by what it opens to whom, so that no other rule is touched when one is added, changed or removed.
    Private networks pass the group by: whoever is on one is trusted. Destroying it needs the members to be gone.
    Outputs: ``id`` (str), of the group.
    Errors: the update fails when the account has a group of that name already.
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
            "rows": {
                f"{row.service} {row.span}/{'+'.join(row.protocols)}": ", ".join(row.sources) for row in args.rows
            },
        }
        super().__init__("nuvla:firewall:SecurityGroup", name, props, opts)
        own = pulumi.ResourceOptions(parent=self, hooks=args.hooks)
        group = exoscale.SecurityGroup(f"{name}-group", name=args.name, description=DESCRIPTION, opts=own)
        self.id = group.id
        for title, opened in _rules(args):
            network = opened.pop("network")
            exoscale.SecurityGroupRule(
                f"{name}-{title}",
                security_group_id=group.id,
                type="INGRESS",
                **opened,
                **({"cidr": str(network)} if network else {"user_security_group_id": group.id}),
                opts=own,
            )
        self.register_outputs({"id": self.id})


def _rules(args: SecurityGroupArgs) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each rule opens, by a title of its own: networks that are of several sources have one rule for all."""
    found: dict[str, dict[str, Any]] = {}
    for source in TrafficSource:
        networks = [None] if source is TrafficSource.CLUSTER else args.sources[source]
        for network in networks:
            whom = str(network).replace("/", "-") if network else source.value
            for title, opened in _openings(args.rows, source):
                found.setdefault(f"{title}-{whom}", {**opened, "network": network})
    yield from found.items()


def _openings(rows: Sequence[PortRule], source: TrafficSource) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows:
        for protocol in row.protocols if source in row.sources else ():
            # Both ports, always: without one of them, each update would replace the rule.
            ports = {"start_port": row.first, "end_port": row.last}
            yield f"{protocol}-{row.span}", {"protocol": protocol.upper(), "description": row.service, **ports}
    if source in PINGED_BY:
        yield "ping", {**PING, "description": "ping"}
