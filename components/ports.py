"""The ports of the machines: the one table that listeners, firewalls, templates and documents read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Protocol = Literal["tcp", "udp"]
BOTH: tuple[Protocol, ...] = ("tcp", "udp")


class TrafficSource(StrEnum):
    """Where packets come from; settings say which networks that are."""

    MANAGEMENT = "management"  # the operators
    CLUSTER = "cluster"  # the machines of this swarm, but no containers on them
    NUVLA = "nuvla"  # the service that deploys
    USERS = "users"  # the users of deployed applications


class ContainerAccess(StrEnum):
    """What containers may do with a port that machines alone may use: Prometheus runs in one."""

    NONE = "not at all"
    CONNECT = "connect, and say nothing"  # enough to see whether somebody listens
    FULL = "all"


@dataclass(frozen=True, kw_only=True)
class PortRule:
    """Ports that are open to some sources. A port in no row is closed."""

    service: str
    first: int
    last: int
    protocols: tuple[Protocol, ...] = ("tcp",)
    sources: tuple[TrafficSource, ...]
    containers: ContainerAccess = ContainerAccess.NONE

    @property
    def span(self) -> str:
        """`22` or `32768-60999`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, kw_only=True)
class MachinePort:
    """A port that a process of a machine listens on."""

    number: int
    row: str  # its name in the firewall's table
    listener: str  # the process, or the part of the program that has it
    feature: str | None = None  # part of a stack without which nobody listens
    protocols: tuple[Protocol, ...] = ("tcp",)
    on_target: tuple[TrafficSource, ...] = ()  # who reaches it on a target; without sources it has no row
    on_host: tuple[TrafficSource, ...] = ()  # who reaches it on a host
    containers: ContainerAccess = ContainerAccess.NONE
    fixed: bool = True  # whether the range of deployed applications must not hold it

    @property
    def holder(self) -> str:
        """Who has the port, in a message."""
        return self.listener if self.listener in ("nfs", "swarm") else self.row


_OPERATORS, _MACHINES, _NUVLA, _USERS = (
    (TrafficSource.MANAGEMENT,),
    (TrafficSource.CLUSTER,),
    (TrafficSource.NUVLA,),
    (TrafficSource.USERS,),
)
_WEB_OF_TARGET, _WEB_OF_HOST = _NUVLA + _USERS, _OPERATORS + _USERS

SSH = MachinePort(number=22, row="ssh", listener="sshd", on_target=_OPERATORS, on_host=_OPERATORS)
TRAEFIK = MachinePort(number=8080, row="traefik", listener="traefik", on_target=_OPERATORS, on_host=_OPERATORS)
SWARM_DATA = MachinePort(
    number=4789, row="swarm data path", listener="swarm", protocols=("udp",), on_target=_MACHINES, on_host=_MACHINES
)
SWARM_GOSSIP = MachinePort(
    number=7946, row="swarm gossip", listener="swarm", protocols=BOTH, on_target=_MACHINES, on_host=_MACHINES
)
SWARM_JOIN = MachinePort(number=2377, row="swarm join", listener="swarm", on_target=_MACHINES, on_host=_MACHINES)
ENGINE_METRICS = MachinePort(
    number=9323,
    row="engine metrics",
    listener="dockerd",
    on_target=_MACHINES,
    on_host=_MACHINES,
    containers=ContainerAccess.FULL,
)
PORTMAPPER = MachinePort(
    number=111, row="nfs portmapper", listener="nfs", feature="nfs", protocols=BOTH, on_target=_MACHINES
)
NFS = MachinePort(
    number=2049,
    row="nfs",
    listener="nfs",
    feature="nfs",
    protocols=BOTH,
    on_target=_MACHINES,
    containers=ContainerAccess.CONNECT,
)
MOUNTD = MachinePort(  # Nuvla's guide has it within its own range of applications
    number=33333, row="nfs mountd", listener="nfs", feature="nfs", protocols=BOTH, on_target=_MACHINES, fixed=False
)
# What NFS has beside its server: closed, as file locks over version 3 are off; and fixed, as a random port would lie in
# the range that is open to users.
STATD = MachinePort(number=662, row="nfs statd", listener="nfs", feature="nfs")
STATD_OUTGOING = MachinePort(number=663, row="nfs statd outgoing", listener="nfs", feature="nfs")
LOCKD = MachinePort(number=4045, row="nfs lockd", listener="nfs", feature="nfs", protocols=BOTH)
NFS_CALLBACK = MachinePort(number=4046, row="nfs callback", listener="nfs", feature="nfs")
DOCKER_API = MachinePort(
    number=2376, row="docker api", listener="dockerd", on_target=_NUVLA + _OPERATORS, on_host=_OPERATORS
)
SWARM_EXPOSED = MachinePort(  # the same listener as SWARM_JOIN, for Nuvla
    number=2377, row="swarm port", listener="swarm", feature="swarm port", on_target=_NUVLA, on_host=_OPERATORS
)
HTTP = MachinePort(number=80, row="http", listener="traefik", on_target=_WEB_OF_TARGET, on_host=_WEB_OF_HOST)
HTTPS = MachinePort(number=443, row="https", listener="traefik", on_target=_WEB_OF_TARGET, on_host=_WEB_OF_HOST)
S3 = MachinePort(  # the default of the setting `s3.port`
    number=9000, row="s3", listener="traefik", feature="s3", on_target=_WEB_OF_TARGET, fixed=False
)

# In the order of the firewall's rows.
TABLE = (
    *(SSH, TRAEFIK, SWARM_DATA, SWARM_GOSSIP, SWARM_JOIN, ENGINE_METRICS, PORTMAPPER, NFS, MOUNTD),
    *(STATD, STATD_OUTGOING, LOCKD, NFS_CALLBACK, DOCKER_API, SWARM_EXPOSED, HTTP, HTTPS, S3),
)
