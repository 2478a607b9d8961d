"""Settings of the swarm that the engines form."""

from ipaddress import IPv4Network
from typing import Self

from pydantic import Field, model_validator

from components.fields import LONGEST_PREFIX, AddressRange, Name, Section, former


class PublicNetworkSettings(Section):
    """The overlay network between Traefik and the services that it publishes."""

    name: Name = Field("traefik-public", description="name that services refer to; fixed while any are on it")
    attachable: bool = Field(False, description="whether single containers may attach; fixed while any are on it")


class SwarmSettings(Section):
    """The swarm itself."""

    api_manager: str | None = Field(
        None,
        description="manager that the program talks to; the first one if unset",
        json_schema_extra=former("entry"),
    )
    address_pools: list[AddressRange] = Field(
        [IPv4Network("10.224.0.0/12")],
        min_length=1,
        description="ranges that overlay networks are cut from, for the life of the swarm",
    )
    subnet_prefix: int = Field(
        24,
        ge=16,
        le=LONGEST_PREFIX,
        description="size of an overlay network, as its prefix length, for the life of the swarm",
    )
    public_network: PublicNetworkSettings = Field(
        PublicNetworkSettings(), description="network of the published services"
    )
    backend_network: Name = Field("nuvla-backend", description="attachable network of Nuvla's own services, on a host")

    @model_validator(mode="after")
    def _pools_hold_a_network(self) -> Self:
        """Each of `swarm.address_pools` is at least as large as a network of `swarm.subnet_prefix`."""
        smallest = max(self.address_pools, key=lambda pool: pool.prefixlen)
        if self.subnet_prefix < smallest.prefixlen:
            raise ValueError(
                f"subnet_prefix: {self.subnet_prefix} given; "
                f"allowed: {smallest.prefixlen} to {LONGEST_PREFIX}, within {smallest}"
            )
        return self
