"""Settings of the machines."""

from ipaddress import IPv4Network
from itertools import combinations
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from components.machines import addresses
from stacks.sections.fields import Image, Label, Line, Name, Network, Section


class Pool(Section):
    """Machines that are alike. A machine is named `<pool>-<ordinal>`, so no pool's size touches another's machines."""

    role: Literal["manager", "worker"] = Field(description="what its machines are in the swarm")
    count: int = Field(1, ge=0, le=60, description="how many machines")
    availability: Literal["active", "pause", "drain"] = Field("active", description="whether services may run on them")
    labels: dict[Label, Line] = Field({}, description="node labels, for placement of services")


class Ssh(Section):
    """The key that opens the machines: generated, unless the user gives both of its halves."""

    public_key: str | None = Field(
        None, pattern=r"^ssh-\S+ \S+", description="your own key; its private half is the secret `ssh_private_key`"
    )


class LocalMachines(Section):
    """Machines that are containers on the local Docker engine."""

    provider: Literal["local"] = Field(description="where machines come from")
    pools: dict[Name, Pool] = Field(description="the pools of machines, by name")
    subnet: Network = Field(IPv4Network("10.77.0.0/16"), description="network of the machines, /16 to /24")
    image: Image = Field("nuvla-swarm/machine:dev", description="image that the machines run")
    privileged: bool = Field(True, description="`false` where the engine has cgroup v1 or may not run privileged ones")
    ssh: Ssh = Field(Ssh(), description="the key that opens the machines")

    @field_validator("subnet")
    @classmethod
    def _holds_the_pools(cls, subnet: IPv4Network) -> IPv4Network:
        if not 16 <= subnet.prefixlen <= 24:
            raise ValueError("a network from /16 to /24")
        return subnet

    @model_validator(mode="after")
    def _has_a_quorum(self) -> Self:
        managers = sum(pool.count for pool in self.pools.values() if pool.role == "manager")
        if managers not in (1, 3, 5, 7):
            raise ValueError(f"pools: {managers} managers given; allowed: 1, 3, 5 or 7 (an even number adds no safety)")
        return self

    @model_validator(mode="after")
    def _pools_have_addresses_of_their_own(self) -> Self:
        for one, other in combinations(sorted(self.pools), 2):
            if addresses.block(self.subnet, one) == addresses.block(self.subnet, other):
                raise ValueError(
                    f"pools: `{one}` and `{other}` fall on the same addresses of {self.subnet}; "
                    "allowed: another name for one of them, or a larger subnet"
                )
        return self

    def names(self, *roles: str, active: bool = False) -> list[str]:
        """Names of the machines of some roles, in the order of pools and ordinals; `active`: where services may run."""
        return [
            f"{name}-{ordinal}"
            for name, pool in self.pools.items()
            if pool.role in roles and (pool.availability == "active" or not active)
            for ordinal in range(1, pool.count + 1)
        ]
