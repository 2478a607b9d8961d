"""Settings that machines of every provider have; each provider's folder adds its own."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from typing import ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from components.fields import Label, Name, Section, SingleLineText
from components.machines import pool_addresses


class PoolSettings(Section):
    """Machines that are alike. A machine is named `<pool>-<ordinal>`, so no pool's size touches another's machines."""

    role: Literal["manager", "worker"] = Field(description="what its machines are in the swarm")
    availability: Literal["active", "pause", "drain"] = Field("active", description="whether services may run on them")
    labels: dict[Label, SingleLineText] = Field({}, description="node labels, for placement of services")

    @abstractmethod
    def members(self) -> Sequence[str]:
        """What tells its machines from each other: the last part of their names."""

    def labels_of(self, member: str) -> dict[str, str]:  # noqa: ARG002 - a host has some of its own
        """The node labels of one of its machines."""
        return dict(self.labels)


class CountedPoolSettings(PoolSettings):
    """Machines that are alike. A machine is named `<pool>-<ordinal>`, so no pool's size touches another's machines."""

    count: int = Field(1, ge=0, le=60, description="how many machines")

    def members(self) -> Sequence[str]:
        return [str(ordinal) for ordinal in range(1, self.count + 1)]


class SshSettings(Section):
    """The key that opens the machines: generated, unless the user gives both of its halves."""

    public_key: str | None = Field(
        None, pattern=r"^ssh-\S+ \S+", description="your own key; its private half is the secret `ssh_private_key`"
    )


SSH_KEY = "ssh_private_key"  # secret that machines of every provider may have

P = TypeVar("P", bound=PoolSettings)
# "rules" judge all packets, "containers" those of containers alone, where somebody else filters the others. Either way,
# a machine reverts "confirmed" ones unless a new connection confirms them.
FirewallMode = Literal["rules", "confirmed rules", "containers", "confirmed containers"]


class Machines(Section, Generic[P]):
    """The machines. The class variables say what differs between providers."""

    is_remote: ClassVar[bool] = True  # whether the machines are elsewhere than the computer that runs the program
    outlive_stack: ClassVar[bool] = False  # whether the machines go on when the stack is destroyed
    secrets: ClassVar[Mapping[str, str]] = {}  # keys of the configuration that only this provider has, described
    required_secrets: ClassVar[Sequence[str]] = ()  # a preview without real secrets needs stand-ins of these
    preview_environment: ClassVar[Mapping[str, str]] = {}  # credentials of a preview for want of real ones
    default_engine_source: ClassVar[str] = "docker.com"
    may_run_foreign_containers: ClassVar[bool] = False  # from before the program came
    volume_options: ClassVar[frozenset[str]] = frozenset()  # keys of a volume that mean something
    volumes_are_resources: ClassVar[bool] = False  # of their own, which any machine can have

    provider: str = Field(description="where machines come from")
    pools: dict[Name, P] = Field(description="the pools of machines, by name")
    lost: list[str] = Field([], description="names of machines that are dead: nothing is asked of them")

    @model_validator(mode="after")
    def _has_a_quorum(self) -> Self:
        managers = len(self.names("manager"))
        if managers not in (1, 3, 5, 7):
            raise ValueError(f"pools: {managers} managers given; allowed: 1, 3, 5 or 7 (an even number adds no safety)")
        return self

    def names(self, *roles: str, active: bool = False) -> list[str]:
        """Names of the machines of some roles, in the order of pools and members; `active`: where services may run."""
        return [
            f"{name}-{member}"
            for name, pool in self.pools.items()
            if pool.role in roles and (pool.availability == "active" or not active)
            for member in pool.members()
        ]

    @property
    def firewall_mode(self) -> FirewallMode:
        """What the rules on each machine judge."""
        return "containers"

    def machine_network(self) -> tuple[str, IPv4Network | None] | None:
        """Return the network that the program makes for the machines, and its setting; None where it makes none."""
        return None

    def cluster_networks(self) -> list[IPv4Network]:
        """Return where packets of the machines come from, where rules on each machine have to know."""
        return []

    def labels(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield each setting with node labels, and these."""
        for name, pool in self.pools.items():
            yield f"machines.pools.{name}.labels", pool.labels

    def first_manager_is_clear(self) -> bool:
        """Whether nobody can be in doubt which manager is the first one: pools, and hosts with names, have no order."""
        pools = [pool.members() for pool in self.pools.values() if pool.role == "manager" and pool.members()]
        return len(pools) == 1 and (len(pools[0]) == 1 or "1" in pools[0])

    def names_with_label(self, key: str, value: str) -> list[str]:
        """Names of the machines that have a node label."""
        return [
            f"{name}-{member}"
            for name, pool in self.pools.items()
            for member in pool.members()
            if pool.labels_of(member).get(key) == value
        ]


def require_disjoint_pools(subnet: IPv4Network, pools: Sequence[str], setting: str) -> None:
    """Refuses pools whose machines would have the same addresses of a network that the program makes."""
    for one, other in combinations(sorted(pools), 2):
        if pool_addresses.block(subnet, one) == pool_addresses.block(subnet, other):
            raise ValueError(
                f"pools: `{one}` and `{other}` fall on the same addresses of {subnet}; "
                f"allowed: another name for one of them, or a larger {setting}"
            )


def require_prefix_length(network: IPv4Network) -> IPv4Network:
    """Refuses a network that has no room for pools, or more than can be."""
    if not 16 <= network.prefixlen <= 24:
        raise ValueError("a network from /16 to /24")
    return network
