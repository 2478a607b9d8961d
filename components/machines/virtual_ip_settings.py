"""Settings of machines on one network, where an address can move from one manager to another."""

from abc import abstractmethod
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Generic, Self

from pydantic import Field, model_validator

from components.machines.settings import Machines, P
from components.network_fields import Address


class VirtualIpMachines(Machines[P], Generic[P]):
    """The machines of a provider that leaves their network to them."""

    virtual_ip: Address | None = Field(
        None,
        examples=["192.0.2.9"],
        description="address that clients use, on whichever manager serves them (local, existing)",
    )

    @property
    def virtual_address(self) -> IPv4Address | None:
        return self.virtual_ip

    @abstractmethod
    def private_addresses(self) -> Mapping[str, IPv4Address]:
        """Return the addresses by which the machines reach each other, by machine."""

    def vrrp_sources(self) -> dict[str, list[IPv4Address]]:
        if self.virtual_ip is None:
            return {}
        managers, addresses = self.names("manager"), self.private_addresses()
        return {name: [addresses[other] for other in managers if other != name] for name in managers}

    @model_validator(mode="after")
    def _require_several_managers(self) -> Self:
        """`machines.virtual_ip` requires several managers (local, existing)."""
        if self.virtual_ip and len(self.names("manager")) == 1:
            raise ValueError(
                f"virtual_ip: {self.virtual_ip} given beside one manager; allowed: with 3, 5 or 7 managers, between "
                "which it moves"
            )
        return self
