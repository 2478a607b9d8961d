"""Settings of the machines, wherever they come from; those of one provider are in a module of its own."""

from abc import abstractmethod
from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import combinations
from typing import Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from components.fields import Label, Line, Name, Section
from components.machines import pool_addresses


class Pool(Section):
    """Machines that are alike. A machine is named `<pool>-<ordinal>`, so no pool's size touches another's machines."""

    role: Literal["manager", "worker"] = Field(description="what its machines are in the swarm")
    availability: Literal["active", "pause", "drain"] = Field("active", description="whether services may run on them")
    labels: dict[Label, Line] = Field({}, description="node labels, for placement of services")

    @abstractmethod
    def members(self) -> Sequence[str]:
        """What tells its machines from each other: the last part of their names."""

    def labels_of(self, member: str) -> dict[str, str]:  # noqa: ARG002 - a host has some of its own
        """The node labels of one of its machines."""
        return dict(self.labels)


class CountedPool(Pool):
    """Machines that are alike. A machine is named `<pool>-<ordinal>`, so no pool's size touches another's machines."""

    count: int = Field(1, ge=0, le=60, description="how many machines")

    def members(self) -> Sequence[str]:
        return [str(ordinal) for ordinal in range(1, self.count + 1)]


class Ssh(Section):
    """The key that opens the machines: generated, unless the user gives both of its halves."""

    public_key: str | None = Field(
        None, pattern=r"^ssh-\S+ \S+", description="your own key; its private half is the secret `ssh_private_key`"
    )


P = TypeVar("P", bound=Pool)


class Machines(Section, Generic[P]):
    """The machines."""

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

    def cluster_networks(self) -> list[IPv4Network]:
        """Where packets of its machines come from, where a ruleset on each machine has to know."""
        return []

    def first_is_clear(self) -> bool:
        """Whether nobody can be in doubt which manager is the first one: pools, and hosts with names, have no order."""
        pools = [pool.members() for pool in self.pools.values() if pool.role == "manager" and pool.members()]
        return len(pools) == 1 and (len(pools[0]) == 1 or "1" in pools[0])

    def labelled(self, key: str, value: str) -> list[str]:
        """Names of the machines that have a node label."""
        return [
            f"{name}-{member}"
            for name, pool in self.pools.items()
            for member in pool.members()
            if pool.labels_of(member).get(key) == value
        ]


def pools_apart(subnet: IPv4Network, pools: Sequence[str], setting: str) -> None:
    """Refuses pools whose machines would have the same addresses of a network that the program makes."""
    for one, other in combinations(sorted(pools), 2):
        if pool_addresses.block(subnet, one) == pool_addresses.block(subnet, other):
            raise ValueError(
                f"pools: `{one}` and `{other}` fall on the same addresses of {subnet}; "
                f"allowed: another name for one of them, or a larger {setting}"
            )


def has_room(network: IPv4Network) -> IPv4Network:
    """Refuses a network that has no room for pools, or more than can be."""
    if not 16 <= network.prefixlen <= 24:
        raise ValueError("a network from /16 to /24")
    return network
