"""Settings of the swarm."""

from ipaddress import IPv4Network
from typing import Self

from pydantic import Field, model_validator

from components.fields import Name, Section, former
from components.network_fields import LONGEST_PREFIX, AddressRange


class PublicNetworkSettings(Section):
    """The overlay network of Traefik and the services that it publishes."""

    name: Name = Field("traefik-public", description="name of the network; fixed while services use it")
    attachable: bool = Field(
        False, description="whether single containers may attach; fixed while services use the network"
    )


class SwarmSettings(Section):
    """The swarm and its networks."""

    api_manager: str | None = Field(
        None,
        description="manager that the program and elastic IP prefer; unset: the first manager",
        json_schema_extra=former("entry"),
    )
    address_pools: list[AddressRange] = Field(
        [IPv4Network("10.224.0.0/12")],
        min_length=1,
        description="address ranges of overlay networks; fixed for the life of the swarm",
    )
    subnet_prefix: int = Field(
        24,
        ge=16,
        le=LONGEST_PREFIX,
        description="prefix length of overlay networks; fixed for the life of the swarm",
    )
    public_network: PublicNetworkSettings = Field(PublicNetworkSettings(), description="network of published services")
    backend_network: Name = Field(
        "nuvla-backend", description="name of the attachable network of Nuvla's services, on a host"
    )
    token_generation: int = Field(1, ge=1, description="number; raise it to replace the join tokens")

    @model_validator(mode="after")
    def _require_room_for_a_network(self) -> Self:
        """Each of `swarm.address_pools` is at least as large as a network of `swarm.subnet_prefix`."""
        smallest = max(self.address_pools, key=lambda pool: pool.prefixlen)
        if self.subnet_prefix < smallest.prefixlen:
            raise ValueError(
                f"subnet_prefix: {self.subnet_prefix} given; "
                f"allowed: {smallest.prefixlen} to {LONGEST_PREFIX}, within {smallest}"
            )
        return self
