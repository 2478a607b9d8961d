"""Who may reach which ports of a machine: the tables of the guide, as typed rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Protocol = Literal["tcp", "udp"]
BOTH: tuple[Protocol, ...] = ("tcp", "udp")
MOUNTD_PORT = 33333
SSH = "ssh"  # the row by which the program itself comes in


class Source(StrEnum):
    """Where packets come from; which networks that are is a setting."""

    MANAGEMENT = "management"  # the operators
    CLUSTER = "cluster"  # the machines of this swarm, but not what runs in containers on them
    NUVLA = "nuvla"  # the service that deploys
    USERS = "users"  # those who use what is deployed


class Measured(StrEnum):
    """What containers may do with a port of machines that is closed to them, as Prometheus is one."""

    NOT = "not at all"
    SILENT = "connect, and say nothing"  # whether it is listened on
    WHOLE = "all"


@dataclass(frozen=True, kw_only=True)
class Row:
    """Ports that are open to some; what is in no row is closed."""

    service: str
    first: int
    last: int
    protocols: tuple[Protocol, ...] = ("tcp",)
    sources: tuple[Source, ...]
    measured: Measured = Measured.NOT

    @property
    def span(self) -> str:
        """`22` or `32768-60999`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


# Of what NFS has beside its server: in no row, as file locks over version 3 are off; and not left to chance, which
# would take one of the ports that are open to users.
STATD_PORT, STATD_OUTGOING_PORT, LOCKD_PORT, CALLBACK_PORT = 662, 663, 4045, 4046
# What services of a target or of the machines have; 33333 lies in the guide's own ephemeral range.
FIXED_PORTS = {
    22: "ssh",
    80: "http",
    111: "nfs",
    443: "https",
    STATD_PORT: "nfs",
    STATD_OUTGOING_PORT: "nfs",
    2049: "nfs",
    2376: "docker api",
    2377: "swarm",
    LOCKD_PORT: "nfs",
    CALLBACK_PORT: "nfs",
    4789: "swarm",
    7946: "swarm",
    8080: "traefik",
    9323: "engine metrics",
}


def _row(
    service: str,
    port: int,
    *sources: Source,
    protocols: tuple[Protocol, ...] = ("tcp",),
    measured: Measured = Measured.NOT,
) -> Row:
    return Row(service=service, first=port, last=port, protocols=protocols, sources=sources, measured=measured)


def machine_rows() -> list[Row]:
    """What every machine of every kind has."""
    return [
        _row(SSH, 22, Source.MANAGEMENT),
        _row("traefik", 8080, Source.MANAGEMENT),
        _row("swarm data path", 4789, Source.CLUSTER, protocols=("udp",)),
        _row("swarm gossip", 7946, Source.CLUSTER, protocols=BOTH),
        _row("swarm join", 2377, Source.CLUSTER),
        _row("engine metrics", 9323, Source.CLUSTER, measured=Measured.WHOLE),
    ]


def target_rows(*, ephemeral: tuple[int, int], nfs: bool, s3_port: int | None, swarm_port: bool) -> list[Row]:
    """The table of a target; 33333 belongs to mountd alone, also where the ephemeral range has it inside.

    Source: Nuvla administrator guide, "Docker Swarm Infrastructures", the table of ports.
    """
    rows = machine_rows()
    if nfs:
        rows += [
            _row("nfs portmapper", 111, Source.CLUSTER, protocols=BOTH),
            _row("nfs", 2049, Source.CLUSTER, protocols=BOTH, measured=Measured.SILENT),
            _row("nfs mountd", MOUNTD_PORT, Source.CLUSTER, protocols=BOTH),
        ]
    rows.append(_row("docker api", 2376, Source.NUVLA, Source.MANAGEMENT))
    if swarm_port:
        rows.append(_row("swarm port", 2377, Source.NUVLA))
    rows += [
        _row("http", 80, Source.NUVLA, Source.USERS),
        _row("https", 443, Source.NUVLA, Source.USERS),
    ]
    if s3_port is not None:
        rows.append(_row("s3", s3_port, Source.NUVLA, Source.USERS))
    return rows + [
        Row(service="ephemeral", first=first, last=last, sources=(Source.USERS,)) for first, last in _around(ephemeral)
    ]


def host_rows(*, swarm_port: bool) -> list[Row]:
    """The table of a host.

    Source: Nuvla administrator guide, "Docker Swarm Infrastructures", the table of ports.
    """
    rows = [*machine_rows(), _row("docker api", 2376, Source.MANAGEMENT)]
    if swarm_port:
        rows.append(_row("swarm port", 2377, Source.MANAGEMENT))
    web = (Source.MANAGEMENT, Source.USERS)
    return [*rows, _row("http", 80, *web), _row("https", 443, *web)]


def _around(ephemeral: tuple[int, int]) -> Sequence[tuple[int, int]]:
    """The range without mountd's port."""
    first, last = ephemeral
    if not first <= MOUNTD_PORT <= last:
        return [ephemeral]
    parts = [(first, MOUNTD_PORT - 1), (MOUNTD_PORT + 1, last)]
    return [(low, high) for low, high in parts if low <= high]
