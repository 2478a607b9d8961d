"""Settings of machines on Exoscale."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from components.fields import Section, former, hint
from components.machines.pool_settings import CountedPoolSettings
from components.machines.settings import (
    Machines,
    require_disjoint_pools,
    require_prefix_length,
)
from components.machines.ssh_settings import OwnKeySettings
from components.machines.turns import Build
from components.network_fields import Network
from components.text_form import TextForm

WRITE_TEMPLATE = 'to write the id of a template by its name: make template STACK=<stack> NAME="{given}"'
Zone = Annotated[str, TextForm(r"^[a-z]{2}-[a-z]{2,3}-[0-9]$", "a zone of Exoscale in lower case", "ch-gva-2")]
TemplateId = Annotated[
    str,
    TextForm(
        r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        "the id of a template",
        "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01",
        advice=lambda text: WRITE_TEMPLATE.format(given=text) if re.search(r"[g-z]", text, re.IGNORECASE) else "",
    ),
]
# The program logs in as `ubuntu`, and installs packages for these systems.
TEMPLATE_NAME = TextForm(
    r"^(.*\bUbuntu 2[24]\.04\b.*)?$",
    "the name of a template of Ubuntu 22.04 or 24.04, the systems that the program supports on Exoscale",
    "Linux Ubuntu 24.04 LTS 64-bit",
)
TemplateName = Annotated[str, TEMPLATE_NAME]


def _with_family(text: str) -> list[str]:
    """Return the type of instances in a text such as `large` or `Standard Extra Large`."""
    found = re.fullmatch(r"(?:(standard|cpu|memory|storage)[\s_.-]+)?(extra[\s_-]*)?([a-z]+)", text.strip().lower())
    return [f"{found[1] or 'standard'}.{'extra-' if found[2] else ''}{found[3]}"] if found else []


Size = Annotated[
    str,
    TextForm(
        r"^[a-z0-9]+\.[a-z-]+$",
        "a type of instances in lower case",
        "standard.large",
        candidates=_with_family,
    ),
]


def system(zone: str, template_id: str) -> str:
    """Return the system of an instance: a changed system replaces the instance."""
    return f"{zone} {template_id}"


class TemplateSettings(Section):
    """The template of new machines, by id: a newer template of the same name replaces no machine."""

    id: TemplateId = Field(description="id of the template in the zone; `make template` prints it (exoscale)")
    name: TemplateName = Field("", description="name of the template, of Ubuntu 22.04 or 24.04 (exoscale)")


class ExoscalePoolSettings(CountedPoolSettings):
    """A pool of instances on different hypervisors, as far as the zone has enough."""

    size: Size = Field("standard.large", description="type of the instances; a change restarts them (exoscale)")
    disk_gib: int = Field(50, ge=10, le=51200, description="disk size in GiB; it can only grow (exoscale)")
    zone: Zone | None = Field(None, description="zone of the pool; `machines.zone` if unset (exoscale)")
    template: TemplateSettings | None = Field(
        None,
        description="template of the pool; `machines.template` if unset (exoscale)",
        json_schema_extra=hint(WRITE_TEMPLATE + " POOL=<pool>"),
    )


class ExoscaleMachines(Machines[ExoscalePoolSettings]):
    """Exoscale instances as machines."""

    secrets: ClassVar[Mapping[str, str]] = {
        "exoscale_api_key": "API key of Exoscale; EXOSCALE_API_KEY of the environment if unset",
        "exoscale_api_secret": "secret of the API key; EXOSCALE_API_SECRET of the environment if unset",
    }
    preview_environment: ClassVar[
        Mapping[str, str]
    ] = {  # the plugin checks their form, and a preview sends them nowhere
        "EXOSCALE_API_KEY": "EXO" + 24 * "0",
        "EXOSCALE_API_SECRET": 43 * "0",
    }
    volume_options: ClassVar[frozenset[str]] = frozenset({"block_storage", "import_id"})

    provider: Literal["exoscale"] = Field(description="provider of the machines")
    zone: Zone = Field(description="zone of the machines, such as ch-gva-2 (exoscale)")
    template: TemplateSettings = Field(
        description="template of the machines (exoscale)", json_schema_extra=hint(WRITE_TEMPLATE)
    )
    elastic_ip: bool = Field(
        False, description="stable address for the API manager, which survives its replacement (exoscale)"
    )
    private_network: Network | None = Field(
        None,
        examples=["10.90.0.0/16"],
        description="private network for cluster traffic, /16 to /24 (exoscale)",
    )
    destroy_protection: bool = Field(
        False,
        description="whether Exoscale and Pulumi refuse to destroy machines (exoscale)",
        json_schema_extra=former("destroy_protected"),
    )
    pulumi_protect: bool = Field(
        False,
        description="whether Pulumi refuses to destroy machines and volumes (exoscale)",
        json_schema_extra=former("protect"),
    )
    ssh: OwnKeySettings = Field(OwnKeySettings(), description="logins on the machines by SSH")

    def machine_network(self) -> tuple[str, IPv4Network | None]:
        return "machines.private_network", self.private_network

    def zones(self) -> dict[str, str]:
        """Return the zones by machine."""
        return {
            f"{name}-{member}": pool.zone or self.zone for name, pool in self.pools.items() for member in pool.members()
        }

    def systems(self) -> dict[str, str]:
        """Return the systems by machine; a changed system replaces the instance."""
        return {
            f"{name}-{member}": system(pool.zone or self.zone, (pool.template or self.template).id)
            for name, pool in self.pools.items()
            for member in pool.members()
        }

    def builds(self) -> dict[str, Build]:
        """Return by machine what it is made of; for another size or disk, the plugin restarts it."""
        systems = self.systems()
        return {
            f"{name}-{member}": Build(
                system=systems[f"{name}-{member}"], shape={"size": pool.size, "disk_gib": pool.disk_gib}
            )
            for name, pool in self.pools.items()
            for member in pool.members()
        }

    @field_validator("private_network")
    @classmethod
    def _require_prefix_length(cls, network: Network | None) -> Network | None:
        return network and require_prefix_length(network)

    @model_validator(mode="after")
    def _require_private_network_of_all_pools(self) -> Self:
        """With `machines.private_network`, all pools are in `machines.zone`, on different addresses (exoscale)."""
        if self.private_network is None:
            return self
        require_disjoint_pools(self.private_network, list(self.pools), "private_network")
        other_zones = sorted({pool.zone for pool in self.pools.values() if pool.zone and pool.zone != self.zone})
        if other_zones:
            raise ValueError(
                f"private_network: {self.private_network} given beside pools in {', '.join(other_zones)}; "
                f"allowed: only with all pools in {self.zone}, as such a network is of one zone"
            )
        return self


MACHINES = ExoscaleMachines
