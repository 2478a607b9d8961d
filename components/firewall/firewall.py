"""The firewall of each machine: a table of nftables rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network

import pulumi

from components import assets
from components.firewall.confirmed_apply import CONFIRM_TIMEOUT_S, UNCONFIRMED_MESSAGE, ConfirmedApply
from components.machines.machine import DIAL_ERROR_LIMIT, Machine
from components.machines.settings import FirewallMode
from components.ports import MOUNTD, SSH, ContainerAccess, PortRule, TrafficSource

TABLE = "inet nuvla_swarm"
# The sources in the rules for containers: containers cannot reach the cluster's ports, and may be among the users.
CONTAINER_SOURCES = (TrafficSource.CLUSTER, TrafficSource.USERS)


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """The rows of the firewall, the networks of their sources, and the machines."""

    mode: FirewallMode
    rows: Sequence[PortRule]
    sources: Mapping[TrafficSource, Sequence[IPv4Network]]
    containers: Sequence[IPv4Network]  # address ranges of containers, of engines and the swarm
    ephemeral: tuple[int, int]  # first and last port, of applications and of the kernel's outgoing connections
    machines: Mapping[str, Machine]
    depends_on: Mapping[str, pulumi.Resource]  # machine -> command that installs packages, nftables among them
    vrrp: Mapping[str, Sequence[IPv4Address]] = field(default_factory=dict)  # manager -> others that share an address


class Firewall(pulumi.ComponentResource):
    """A firewall on each machine that opens the ports of the rows and drops all else, also to published ports.

    Containers reach fewer ports of the machines than the machines do. They cannot reach a cloud's metadata service, and
    are reachable only on the ports that they publish. A machine loads the rules at every start, before its network and
    without its engine; if the rules cannot be loaded, only operators can connect. If somebody removes the rules, the
    machine soon restores them, and Prometheus raises an alert. An update replaces the rules as a whole and keeps
    existing connections. Destroying the component leaves the rules in place: they go with the machine, or when the
    program restores an existing host.
    A machine tries out rules that need confirmation: the command fails on purpose, and Pulumi retries it over a new
    connection; without that connection, the machine reverts the rules.

    Outputs: ``machines`` (list). The attribute ``ready`` has the command of each machine, as a dependency.
    Errors: the update fails, and the former rules stay, if nft refuses the new rules, or if rules that need
    confirmation shut this program out.
    Source: Nuvla administrator guide, "Docker Swarm Infrastructures"; nftables wiki, "Netfilter hooks".
    """

    ready: Mapping[str, pulumi.Resource]

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None):
        first, last = args.ephemeral
        for_all = args.mode.endswith("rules")
        used = [source for source in TrafficSource if for_all or source in CONTAINER_SOURCES]
        sources = {source: args.sources[source] if source in used else [] for source in TrafficSource}
        props = {
            "mode": args.mode,
            "sources": {source.value: [str(network) for network in sources[source]] for source in used},
            "containers": [str(network) for network in args.containers],
            "rows": {f"{row.service} {row.span}/{'+'.join(row.protocols)}": row.origin for row in args.rows},
            "ephemeral": f"{first}-{last}",
        }
        if args.vrrp:
            props["vrrp"] = {name: [str(address) for address in others] for name, others in args.vrrp.items()}
        super().__init__("nuvla:firewall:Firewall", name, props, opts)
        confirmation = ConfirmedApply(name) if args.mode.startswith("confirmed") else None
        self.ready = {
            machine.name: machine.command(
                f"{name}-{machine.name}",
                "firewall/scripts/firewall.sh",
                {
                    "MACHINE": machine.name,
                    "RULES": ruleset(
                        _with_ssh_port(args.rows, machine),
                        sources,
                        args.containers,
                        for_all=for_all,
                        vrrp=args.vrrp.get(machine.name, ()),
                    ),
                    "CLOSED": closed(machine.port, sources) if for_all else "",
                    "GUARD": assets.read("firewall/files/guard.sh"),
                    "EPHEMERAL": f"{first} {last}",
                    "RESERVED": str(MOUNTD.number),
                    "CONFIRM": "true" if confirmation else "",
                    "TRIAL_S": str(CONFIRM_TIMEOUT_S),
                    "ON_TRIAL": UNCONFIRMED_MESSAGE,
                },
                pulumi.ResourceOptions(
                    parent=self,
                    depends_on=[args.depends_on[machine.name]],
                    hooks=confirmation.hooks if confirmation else None,
                ),
                triggers=[machine.system_generation],
                dial_error_limit=2 if confirmation else DIAL_ERROR_LIMIT,
            )
            for machine in args.machines.values()
        }
        self.register_outputs({"machines": list(args.machines)})


def _with_ssh_port(rows: Sequence[PortRule], machine: Machine) -> list[PortRule]:
    """Return the rows, with the SSH port of this machine."""
    return [replace(row, first=machine.port, last=machine.port) if row.service == SSH.row else row for row in rows]


def ruleset(
    rows: Sequence[PortRule],
    sources: Mapping[TrafficSource, Sequence[IPv4Network]],
    containers: Sequence[IPv4Network],
    *,
    for_all: bool = True,
    vrrp: Sequence[IPv4Address] = (),
) -> str:
    """Return the text for `nft -f`: the table, then one line per network and per row, which a preview shows one by one.

    Without `for_all`, the rules filter only packets of containers.
    """
    networks = [
        f"add element {TABLE} {source} {{ {network} }}" for source in TrafficSource for network in sources[source]
    ]
    networks += [f"add element {TABLE} containers {{ {network} }}" for network in containers]
    accepts = [
        f'add rule {TABLE} {source} {protocol} dport {row.span} accept comment "{row.service}"'
        for source in (TrafficSource if for_all else [TrafficSource.USERS])
        for row in rows
        if source in row.sources
        for protocol in row.protocols
    ]
    unfiltered = [] if for_all else [f"add rule {TABLE} others accept"]
    for_containers = _container_rules(rows, to="ip daddr @cluster " if sources[TrafficSource.CLUSTER] else "")
    by_address = _address_rules(rows, for_all=for_all)
    shared = [f'add rule {TABLE} others ip saddr {address} ip protocol 112 accept comment "vrrp"' for address in vrrp]
    return _text(
        "firewall.nft",
        [*networks, *accepts, *unfiltered, *for_containers, *by_address, *(shared if for_all else ())],
    )


def _address_rules(rows: Sequence[PortRule], *, for_all: bool) -> Iterator[str]:
    """Yield the rules of networks that single rows name: for all, and for containers at their own machine."""
    for row in rows:
        for network in row.networks:
            for protocol in row.protocols:
                rule = f'ip saddr {network} {protocol} dport {row.span} accept comment "{row.service}"'
                if for_all:
                    yield f"add rule {TABLE} others {rule}"
                yield f"insert rule {TABLE} containers {rule}"


def _container_rules(rows: Sequence[PortRule], to: str) -> Iterator[str]:
    """Yield the rules for packets of containers to ports of machines; `to` limits them to the machines' addresses.

    If these addresses are unknown, containers cannot reach the ports of the cluster at any address.
    """
    bridge = 'iifname "docker_gwbridge"'  # the way out of overlay networks, which monitoring takes
    for row in rows:
        if row.containers is ContainerAccess.CONNECT:
            yield f"add rule {TABLE} silent {to}tcp dport {row.span} jump wordless"
        if row.containers is not ContainerAccess.NONE:
            yield f'add rule {TABLE} measured {bridge} {to}tcp dport {row.span} accept comment "{row.service}"'
    for row in rows:
        if row.networks:  # machines that are in these networks may use the port, and so may their containers
            continue
        if TrafficSource.USERS not in row.sources and (to or TrafficSource.CLUSTER in row.sources):
            for protocol in row.protocols:
                yield f'add rule {TABLE} outward {to}{protocol} dport {row.span} counter drop comment "{row.service}"'


def closed(ssh_port: int, sources: Mapping[TrafficSource, Sequence[IPv4Network]]) -> str:
    """Return the rules for a machine that cannot load its own: only operators can connect, and only by SSH."""
    operators = TrafficSource.MANAGEMENT
    networks = [f"add element {TABLE} {operators} {{ {network} }}" for network in sources[operators]]
    return _text("closed.nft", [*networks, f"add rule {TABLE} {operators} tcp dport {ssh_port} accept"])


def _text(file: str, lines: Sequence[str]) -> str:
    return assets.read(f"firewall/files/{file}") + "\n".join(lines) + "\n"
