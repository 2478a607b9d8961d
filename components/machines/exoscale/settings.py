"""Settings of machines on Exoscale."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from components.fields import Network, Section, SingleLineText, former
from components.machines.settings import (
    CountedPoolSettings,
    Machines,
    SshSettings,
    require_disjoint_pools,
    require_prefix_length,
)

Zone = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[a-z]{2,3}-[0-9]$")]
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Size = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+\.[a-z-]+$")]


def system(zone: str, template_id: str) -> str:
    """Return what identifies the system of an instance: another one replaces the instance."""
    return f"{zone} {template_id}"


class TemplateSettings(Section):
    """The system of new machines, by id, so that a newer one of the same name replaces none: `make template`."""

    id: Uuid = Field(description="id of the template in the zone (exoscale)")
    name: SingleLineText = Field("", description="what `make template` found the id by; for people (exoscale)")


class ExoscalePoolSettings(CountedPoolSettings):
    """Instances that are alike, on different hypervisors as far as there are enough."""

    size: Size = Field("standard.large", description="type of the instances; another one restarts them (exoscale)")
    disk_gib: int = Field(50, ge=10, le=51200, description="size of their disks; it can only grow (exoscale)")
    zone: Zone | None = Field(None, description="zone of the pool; that of all machines if unset (exoscale)")
    template: TemplateSettings | None = Field(None, description="template of the pool; that of all if unset (exoscale)")


class ExoscaleMachines(Machines[ExoscalePoolSettings]):
    """Machines that are instances on Exoscale."""

    secrets: ClassVar[Mapping[str, str]] = {
        "exoscale_api_key": "API key of Exoscale; EXOSCALE_API_KEY of the environment if unset",
        "exoscale_api_secret": "secret of the API key; EXOSCALE_API_SECRET of the environment if unset",
    }
    preview_environment: ClassVar[Mapping[str, str]] = {  # of the form that the plugin wants; it asks nobody with them
        "EXOSCALE_API_KEY": "EXO" + 24 * "0",
        "EXOSCALE_API_SECRET": 43 * "0",
    }
    volume_options: ClassVar[frozenset[str]] = frozenset({"block_storage", "import_id"})

    provider: Literal["exoscale"] = Field(description="where machines come from")
    zone: Zone = Field(description="zone of the machines, such as ch-gva-2 (exoscale)")
    template: TemplateSettings = Field(description="system of the machines (exoscale)")
    elastic_ip: bool = Field(False, description="whether the entry has an address that outlives it (exoscale)")
    private_network: Network | None = Field(
        None, description="network of its own for cluster traffic, /16 to /24 (exoscale)"
    )
    destroy_protection: bool = Field(
        False,
        description="whether Exoscale, and Pulumi, refuse to destroy machines (exoscale)",
        json_schema_extra=former("destroy_protected"),
    )
    pulumi_protect: bool = Field(
        False,
        description="whether Pulumi refuses to destroy machines and volumes (exoscale)",
        json_schema_extra=former("protect"),
    )
    ssh: SshSettings = Field(SshSettings(), description="the key that opens the machines")

    def machine_network(self) -> tuple[str, IPv4Network | None]:
        return "machines.private_network", self.private_network

    def zones(self) -> dict[str, str]:
        """Zones of the machines, by their names."""
        return {
            f"{name}-{member}": pool.zone or self.zone for name, pool in self.pools.items() for member in pool.members()
        }

    def systems(self) -> dict[str, str]:
        """What another one of makes an instance anew, by the names of the machines."""
        return {
            f"{name}-{member}": system(pool.zone or self.zone, (pool.template or self.template).id)
            for name, pool in self.pools.items()
            for member in pool.members()
        }

    @field_validator("private_network")
    @classmethod
    def _room(cls, network: Network | None) -> Network | None:
        return network and require_prefix_length(network)

    @model_validator(mode="after")
    def _private_network_holds_the_pools(self) -> Self:
        """With `machines.private_network`, all pools are in `machines.zone`, on different addresses (exoscale)."""
        if self.private_network is None:
            return self
        require_disjoint_pools(self.private_network, list(self.pools), "private_network")
        away = sorted({pool.zone for pool in self.pools.values() if pool.zone and pool.zone != self.zone})
        if away:
            raise ValueError(
                f"private_network: {self.private_network} given beside pools in {', '.join(away)}; "
                f"allowed: only with all pools in {self.zone}, as such a network is of one zone"
            )
        return self


MACHINES = ExoscaleMachines
