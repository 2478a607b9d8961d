"""Checks of the firewall's source networks and of ports; the first sentence of each is a rule of docs/settings.md."""

from collections.abc import Iterator

from components import catalog
from components.firewall.rules import fixed_ports, taken_ports
from components.ports import MOUNTD, PortRule, Protocol, TrafficSource
from stacks.config.settings import Settings

TRUSTED_SOURCES = {"management": "operators", "nuvla": "the Nuvla service"}  # they reach ports that nobody else reaches
EXAMPLE_NETWORK = "192.0.2.0/24"


def _management_is_limited(settings: Settings) -> Iterator[str]:
    """`firewall.management` has no network of all addresses, such as `0.0.0.0/0`."""
    for index, network in enumerate(settings.firewall.management):
        if not network.prefixlen:
            yield (
                f"firewall.management[{index}]: {network} given, which are all addresses; "
                f"allowed: the operators' own networks, such as {EXAMPLE_NETWORK}"
            )


def _trusted_sources_exclude_containers(settings: Settings) -> Iterator[str]:
    """`firewall.management` and `firewall.nuvla` overlap no address pool of the engines or of the swarm.

    `firewall.users` may: containers may use applications. The check skips pools that overlap the network of the
    machines, which another check refuses.
    """
    _, machine_network = settings.machines.machine_network() or (None, None)
    pools = [
        (path, pool)
        for path, pool in settings.container_networks()
        if machine_network is None or not pool.overlaps(machine_network)
    ]
    for source, role in TRUSTED_SOURCES.items():
        for index, network in enumerate(getattr(settings.firewall, source)):
            overlapping = [f"{path}, {pool}" for path, pool in pools if network.overlaps(pool)]
            if overlapping and (network.prefixlen or source != "management"):
                yield (
                    f"firewall.{source}[{index}]: {network} given, so containers would have the access of {role}; "
                    f"allowed: networks outside {' and '.join(overlapping)}, such as {EXAMPLE_NETWORK}, or other "
                    "address "
                    "pools"
                )


def _ports_are_free(settings: Settings) -> Iterator[str]:
    """`firewall.ephemeral` contains no port of the machines; `s3.port` is neither such a port nor in that range.

    In the range, users could reach the port, or the kernel could use it for a connection before its service starts.
    """
    ephemeral, port = settings.firewall.ephemeral, settings.s3.port
    span = f"{ephemeral.first} to {ephemeral.last}"
    taken = fixed_ports(nfs=settings.kind == "target", declared=catalog.declared_ports(settings.features))
    covered = [f"{fixed} ({holder})" for fixed, holder in taken.items() if ephemeral.holds(fixed)]
    if covered:
        yield f"firewall.ephemeral: {span} given; allowed: a range without {', '.join(covered)}"
    if not settings.has_s3:
        return
    if port in taken or port == MOUNTD.number:
        yield f"s3.port: {port} given; allowed: a port that is not taken by {taken.get(port, MOUNTD.holder)}"
    elif ephemeral.holds(port):
        yield f"s3.port: {port} given; allowed: a port outside firewall.ephemeral, {span}"


def _extra_ports_are_free(settings: Settings) -> Iterator[str]:
    """No row of `firewall.extra` has a port of the program with the same protocol, or all ports of another row."""
    taken = taken_ports(
        nfs=settings.kind == "target",
        s3_port=settings.s3.port if settings.has_s3 else None,
        ssh=settings.machines.ssh_ports(),
        declared=catalog.declared_ports(settings.features),
    )
    seen: dict[tuple[str, Protocol], int] = {}
    for index, row in enumerate(settings.firewall.extra_rows()):
        (protocol,) = row.protocols
        path = f"firewall.extra[{index}].ports: {row.span} given"
        held = [
            f"{port} ({holder})"
            for port, protocols, holder in taken
            if protocol in protocols and row.first <= port <= row.last
        ]
        if held:
            yield f"{path}; allowed: {protocol} ports without {', '.join(held)}, which the program uses"
        other = seen.setdefault((row.span, protocol), index)
        if other != index:
            yield f"{path}, as in firewall.extra[{other}]; allowed: one row with all sources of these ports"
        if _is_open_already(settings, row):
            yield f"{path}; allowed: other ports or sources, as firewall.ephemeral opens these to users"


def _is_open_already(settings: Settings, row: PortRule) -> bool:
    ephemeral = settings.firewall.ephemeral
    in_range = settings.kind == "target" and "tcp" in row.protocols and ephemeral.holds(row.first)
    return in_range and ephemeral.holds(row.last) and not row.networks and row.sources == (TrafficSource.USERS,)


CHECKS = (_management_is_limited, _trusted_sources_exclude_containers, _ports_are_free, _extra_ports_are_free)
