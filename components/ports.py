"""The table of the machines' ports, which listeners, firewalls, templates and documents read."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Literal

Protocol = Literal["tcp", "udp"]
BOTH: tuple[Protocol, ...] = ("tcp", "udp")


class TrafficSource(StrEnum):
    """The source of packets; the settings give each source its networks."""

    MANAGEMENT = "management"  # the operators
    CLUSTER = "cluster"  # the machines of this swarm, without the containers on them
    NUVLA = "nuvla"  # the Nuvla service that deploys applications
    USERS = "users"  # the users of deployed applications


class ContainerAccess(StrEnum):
    """The access of containers, Prometheus among them, to a port that only machines may use."""

    NONE = "not at all"
    CONNECT = "connect, and say nothing"  # enough to see whether a process listens
    FULL = "all"


@dataclass(frozen=True, kw_only=True)
class PortRule:
    """A row of the firewall: ports that are open to some sources. A port in no row is closed."""

    service: str
    first: int
    last: int
    protocols: tuple[Protocol, ...] = ("tcp",)
    sources: tuple[TrafficSource, ...]
    networks: tuple[IPv4Network, ...] = ()  # further sources, by their addresses
    containers: ContainerAccess = ContainerAccess.NONE

    @property
    def origin(self) -> str:
        """Return the sources and networks as text: `users, 192.0.2.0/24`."""
        return ", ".join([*self.sources, *map(str, self.networks)])

    @property
    def span(self) -> str:
        """Return the ports as text: `22` or `32768-60999`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, kw_only=True)
class MachinePort:
    """A port that a process of a machine listens on."""

    number: int
    row: str  # name of its row in the firewall
    listener: str  # process, or part of the program, that listens
    feature: str | None = None  # part of a stack; in stacks without it, no process listens
    protocols: tuple[Protocol, ...] = ("tcp",)
    on_target: tuple[TrafficSource, ...] = ()  # sources that may connect on a target; without any, there is no row
    on_host: tuple[TrafficSource, ...] = ()  # sources that may connect on a host
    containers: ContainerAccess = ContainerAccess.NONE
    fixed: bool = True  # whether the port range of applications must leave it out

    @property
    def holder(self) -> str:
        """Return the name of the port's holder for messages."""
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
MOUNTD = MachinePort(  # Nuvla's guide puts it inside the port range of applications
    number=33333, row="nfs mountd", listener="nfs", feature="nfs", protocols=BOTH, on_target=_MACHINES, fixed=False
)
# Helpers of NFS, on servers and clients. Their ports are fixed, because random ports would lie in the range that is
# open to users. Server and client ask each other's statd and lockd for file locks of version 3.
STATD = MachinePort(number=662, row="nfs statd", listener="nfs", feature="nfs", protocols=BOTH, on_target=_MACHINES)
STATD_OUTGOING = MachinePort(number=663, row="nfs statd outgoing", listener="nfs", feature="nfs")
LOCKD = MachinePort(number=4045, row="nfs lockd", listener="nfs", feature="nfs", protocols=BOTH, on_target=_MACHINES)
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

# The order is that of the firewall's rows.
TABLE = (
    *(SSH, TRAEFIK, SWARM_DATA, SWARM_GOSSIP, SWARM_JOIN, ENGINE_METRICS, PORTMAPPER, NFS, MOUNTD),
    *(STATD, STATD_OUTGOING, LOCKD, NFS_CALLBACK, DOCKER_API, SWARM_EXPOSED, HTTP, HTTPS, S3),
)
