"""Settings of local machines."""

from ipaddress import IPv4Address, IPv4Network
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from components.fields import Image
from components.machines import pool_addresses
from components.machines.pool_settings import CountedPoolSettings
from components.machines.settings import (
    FirewallMode,
    require_disjoint_pools,
    require_prefix_length,
)
from components.machines.ssh_settings import OwnKeySettings
from components.machines.virtual_ip_settings import VirtualIpMachines
from components.network_fields import Network


class LocalMachines(VirtualIpMachines[CountedPoolSettings]):
    """The machines. A setting of a single provider names the provider in brackets."""

    is_remote: ClassVar[bool] = False
    default_engine_source: ClassVar[str] = "distribution"
    volume_options: ClassVar[frozenset[str]] = frozenset({"import_id"})
    volumes_are_resources: ClassVar[bool] = True  # of the engine that runs the machines

    provider: Literal["local"] = Field(description="provider of the machines")
    subnet: Network = Field(IPv4Network("10.77.0.0/16"), description="network of the machines, /16 to /24 (local)")
    image: Image = Field("nuvla-swarm/machine:dev", description="image of the machines (local)")
    privileged: bool = Field(
        True, description="whether machines run as privileged containers, which needs cgroup v2 (local)"
    )
    ssh: OwnKeySettings = Field(OwnKeySettings(), description="logins on the machines by SSH")

    _prefix_length = field_validator("subnet")(require_prefix_length)

    @property
    def firewall_mode(self) -> FirewallMode:
        return "rules"

    def machine_network(self) -> tuple[str, IPv4Network | None]:
        return "machines.subnet", self.subnet

    def cluster_networks(self) -> list[IPv4Network]:
        return [self.subnet]

    def private_addresses(self) -> dict[str, IPv4Address]:
        return {
            f"{name}-{ordinal}": pool_addresses.address(self.subnet, name, ordinal)
            for name, pool in self.pools.items()
            for ordinal in range(1, pool.count + 1)
        }

    @model_validator(mode="after")
    def _require_disjoint_pools(self) -> Self:
        """No two pools have the same addresses in `machines.subnet`; a pool's name determines them (local)."""
        require_disjoint_pools(self.subnet, list(self.pools), "subnet")
        return self

    @model_validator(mode="after")
    def _require_unused_address(self) -> Self:
        """`machines.virtual_ip` is among the first 64 addresses of `machines.subnet`, which no machine has (local)."""
        first, last = self.subnet[2], self.subnet[pool_addresses.BLOCK_SIZE - 1]
        if self.virtual_ip and not first <= self.virtual_ip <= last:
            raise ValueError(f"virtual_ip: {self.virtual_ip} given; allowed: {first} to {last}, which no machine has")
        return self


MACHINES = LocalMachines
