"""The firewall's rows for targets and hosts, from the table of ports."""

from collections.abc import Collection, Sequence

from components import ports
from components.ports import MachinePort, PortRule, Protocol, TrafficSource


def target_rows(
    *,
    ephemeral: tuple[int, int],
    nfs: bool,
    s3_port: int | None,
    swarm_port: bool,
    declared: Sequence[MachinePort] = (),
) -> list[PortRule]:
    """Return the rows of a target, with the ports that folders declare themselves.

    The rows leave mountd's port out of the range of applications.

    Source: Nuvla administrator guide, "Docker Swarm Infrastructures", the table of ports.
    """
    features = {"nfs": nfs, "s3": s3_port is not None, "swarm port": swarm_port}
    rows = [
        _row(port, s3_port if port is ports.S3 and s3_port else port.number, port.on_target)
        for port in ports.TABLE
        if port.on_target and (port.feature is None or features[port.feature])
    ]
    rows += [_row(port, port.number, port.on_target) for port in declared if port.on_target]
    return rows + [
        PortRule(service="ephemeral", first=first, last=last, sources=(TrafficSource.USERS,))
        for first, last in _without_mountd(ephemeral)
    ]


def host_rows(*, swarm_port: bool, declared: Sequence[MachinePort] = ()) -> list[PortRule]:
    """Return the rows of a host, with the ports that folders declare themselves.

    Source: Nuvla administrator guide, "Docker Swarm Infrastructures", the table of ports.
    """
    return [
        _row(port, port.number, port.on_host)
        for port in (*ports.TABLE, *declared)
        if port.on_host and (port in declared or port.feature is None or swarm_port)
    ]


def fixed_ports(*, nfs: bool = True, declared: Sequence[MachinePort] = ()) -> dict[int, str]:
    """Return the holders of ports that neither settings nor applications may take; `nfs`: with the ports of NFS."""
    table = (*ports.TABLE, *declared)
    holders = {port.number: port.holder for port in table if port.fixed and (nfs or port.listener != "nfs")}
    return dict(sorted(holders.items()))


def taken_ports(
    *, nfs: bool, s3_port: int | None, ssh: Collection[int], declared: Sequence[MachinePort] = ()
) -> list[tuple[int, tuple[Protocol, ...], str]]:
    """Return the ports that processes of the program have: number, protocols, holder."""
    moved = {ports.S3.row: [s3_port] if s3_port else [], ports.SSH.row: sorted(ssh)}
    return [
        (number, port.protocols, port.holder)
        for port in (*ports.TABLE, *declared)
        if nfs or port.listener != "nfs"
        for number in moved.get(port.row, [port.number])
    ]


def _row(port: MachinePort, number: int, sources: tuple[TrafficSource, ...]) -> PortRule:
    return PortRule(
        service=port.row,
        first=number,
        last=number,
        protocols=port.protocols,
        sources=sources,
        containers=port.containers,
    )


def _without_mountd(ephemeral: tuple[int, int]) -> Sequence[tuple[int, int]]:
    first, last = ephemeral
    mountd = ports.MOUNTD.number
    if not first <= mountd <= last:
        return [ephemeral]
    return [(low, high) for low, high in ((first, mountd - 1), (mountd + 1, last)) if low <= high]
