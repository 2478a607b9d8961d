"""Settings of local machines."""

from ipaddress import IPv4Network
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from components.fields import Image, Network
from components.machines.settings import CountedPool, Machines, Ssh, has_room, pools_apart


class LocalMachines(Machines[CountedPool]):
    """The machines. What only one provider knows has its name in brackets."""

    provider: Literal["local"] = Field(description="where machines come from")
    subnet: Network = Field(IPv4Network("10.77.0.0/16"), description="network of the machines, /16 to /24 (local)")
    image: Image = Field("nuvla-swarm/machine:dev", description="image that the machines run (local)")
    privileged: bool = Field(
        True, description="`false` where the engine has cgroup v1 or may not run privileged ones (local)"
    )
    ssh: Ssh = Field(Ssh(), description="the key that opens the machines")

    _room = field_validator("subnet")(has_room)

    def cluster_networks(self) -> list[IPv4Network]:
        return [self.subnet]

    @model_validator(mode="after")
    def _pools_have_addresses_of_their_own(self) -> Self:
        pools_apart(self.subnet, list(self.pools), "subnet")
        return self
