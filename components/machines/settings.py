"""Settings of machines of every provider; each provider's folder adds its own."""

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from components.fields import Label, Name, Section, SingleLineText, Url
from components.machines import pool_addresses
from components.ports import SSH


class PoolSettings(Section):
    """A pool of machines with the same settings.

    Machines are named `<pool>-<member>`: a pool that grows or shrinks changes no other machine.
    """

    role: Literal["manager", "worker"] = Field(description="role of the machines in the swarm")
    availability: Literal["active", "pause", "drain"] = Field(
        "active", description="whether services may run on the machines"
    )
    labels: dict[Label, SingleLineText] = Field({}, description="node labels, for placement of services")

    @abstractmethod
    def members(self) -> Sequence[str]:
        """Return the members of the pool: the last parts of the machines' names."""

    def labels_of(self, member: str) -> dict[str, str]:  # noqa: ARG002 - existing hosts have labels of their own
        """Return the node labels of a machine."""
        return dict(self.labels)


class CountedPoolSettings(PoolSettings):
    """A pool of machines with the same settings, named `<pool>-<ordinal>`; its size changes no other pool."""

    count: int = Field(1, ge=0, le=60, description="number of machines")

    def members(self) -> Sequence[str]:
        return [str(ordinal) for ordinal in range(1, self.count + 1)]


class SshSettings(Section):
    """The SSH key of the machines: generated, unless the user gives both halves of a key."""

    public_key: str | None = Field(
        None, pattern=r"^ssh-\S+ \S+", description="your own SSH key; its private half is the secret `ssh_private_key`"
    )


SSH_KEY = "ssh_private_key"  # key of the secret with the private half of the user's own SSH key

ProxyExclusion = Annotated[str, StringConstraints(pattern=r"^\.?[A-Za-z0-9][A-Za-z0-9.-]*(/[0-9]{1,2})?$")]
ENGINE_PACKAGES = ("docker.io", "docker-ce", "docker-ce-cli", "containerd", "containerd.io", "runc")


def _no_engine(name: str) -> str:
    if name in ENGINE_PACKAGES:
        raise ValueError("other packages, as engine.source and engine.version choose those of the engine")
    return name


PackageName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]+$"), AfterValidator(_no_engine)]


class ProxySettings(Section):
    """The HTTP proxy that machines get packages and images through. Containers get none."""

    http: Url | None = Field(None, description="proxy for http, such as http://proxy.example.org:3128")
    https: Url | None = Field(None, description="proxy for https; its own URL may begin with http")
    no_proxy: list[ProxyExclusion] = Field(
        [], description="hosts, domains with a dot before them, and networks reached directly"
    )

    @property
    def is_used(self) -> bool:
        """Whether there is a proxy."""
        return self.http is not None or self.https is not None

    @model_validator(mode="after")
    def _excludes_from_a_proxy(self) -> Self:
        """`machines.proxy.no_proxy` requires `http` or `https`."""
        if self.no_proxy and not self.is_used:
            raise ValueError(f"no_proxy: {json.dumps(self.no_proxy)} given; allowed: only with http or https")
        return self


P = TypeVar("P", bound=PoolSettings)
# "rules" filter all packets; "containers" filter only packets of containers, where the user filters the others. A
# machine reverts "confirmed" rules unless a new connection confirms them.
FirewallMode = Literal["rules", "confirmed rules", "containers", "confirmed containers"]


class Machines(Section, Generic[P]):
    """The machines of a provider. The class variables declare the differences between providers."""

    is_remote: ClassVar[bool] = True  # whether the machines are on other computers than the program
    outlive_stack: ClassVar[bool] = False  # whether the machines live on after `destroy`
    secrets: ClassVar[Mapping[str, str]] = {}  # keys of secrets that only this provider has, with descriptions
    required_secrets: ClassVar[Sequence[str]] = ()  # keys of secrets that a preview without real ones has to make up
    preview_environment: ClassVar[Mapping[str, str]] = {}  # made-up credentials for a preview without real ones
    default_engine_source: ClassVar[str] = "docker.com"
    may_run_foreign_containers: ClassVar[bool] = False  # whether machines may run containers of other owners
    volume_options: ClassVar[frozenset[str]] = frozenset()  # keys of `volumes.<name>` that this provider supports
    volumes_are_resources: ClassVar[bool] = False  # whether every volume is a resource that any machine can attach

    provider: str = Field(description="provider of the machines")
    pools: dict[Name, P] = Field(description="pools of machines, by name")
    lost: list[str] = Field([], description="names of dead machines; the program does not connect to them")
    proxy: ProxySettings = Field(ProxySettings(), description="HTTP proxy for packages and images")
    packages: list[PackageName] = Field([], description="further packages of the distribution on every machine")

    @model_validator(mode="after")
    def _require_odd_managers(self) -> Self:
        """The pools have 1, 3, 5 or 7 managers together."""
        managers = len(self.names("manager"))
        if managers not in (1, 3, 5, 7):
            raise ValueError(f"pools: {managers} managers given; allowed: 1, 3, 5 or 7 (an even number adds no safety)")
        return self

    def names(self, *roles: str, active: bool = False) -> list[str]:
        """Return the names of the machines with these roles, in the order of pools and members.

        With `active`, leave out machines on which services may not run.
        """
        return [
            f"{name}-{member}"
            for name, pool in self.pools.items()
            if pool.role in roles and (pool.availability == "active" or not active)
            for member in pool.members()
        ]

    @property
    def firewall_mode(self) -> FirewallMode:
        """Return which packets the rules on each machine filter."""
        return "containers"

    def machine_network(self) -> tuple[str, IPv4Network | None] | None:
        """Return the setting and the network that the program creates for the machines; None if it creates none."""
        return None

    def cluster_networks(self) -> list[IPv4Network]:
        """Return the source networks of the machines' packets, for the rules on each machine."""
        return []

    def ssh_ports(self) -> set[int]:
        """Return the ports of the machines' SSH servers."""
        return {SSH.number}

    def labels(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield each setting with node labels, and its labels."""
        for name, pool in self.pools.items():
            yield f"machines.pools.{name}.labels", pool.labels

    def first_manager_is_clear(self) -> bool:
        """Return whether one manager is clearly the first: pools, and hosts with names, have no order."""
        pools = [pool.members() for pool in self.pools.values() if pool.role == "manager" and pool.members()]
        return len(pools) == 1 and (len(pools[0]) == 1 or "1" in pools[0])

    def names_with_label(self, key: str, value: str) -> list[str]:
        """Return the names of the machines that have a node label."""
        return [
            f"{name}-{member}"
            for name, pool in self.pools.items()
            for member in pool.members()
            if pool.labels_of(member).get(key) == value
        ]


def require_disjoint_pools(subnet: IPv4Network, pools: Sequence[str], setting: str) -> None:
    """Refuse pools whose machines would share addresses of a network that the program creates."""
    for pool, other in combinations(sorted(pools), 2):
        if pool_addresses.block(subnet, pool) == pool_addresses.block(subnet, other):
            raise ValueError(
                f"pools: `{pool}` and `{other}` fall on the same addresses of {subnet}; "
                f"allowed: another name for one of them, or a larger {setting}"
            )


def require_prefix_length(network: IPv4Network) -> IPv4Network:
    """Refuse a network that is too small or too large for pools."""
    if not 16 <= network.prefixlen <= 24:
        raise ValueError("a network from /16 to /24")
    return network
