"""Everything a user can set: one section for each folder of components/ that has settings."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from components.engine.settings import EngineSettings
from components.fields import Domain, Section
from components.firewall.settings import FirewallSettings
from components.machines.registry import AnyMachines
from components.monitoring.settings import MonitoringSettings
from components.s3.settings import S3Settings
from components.storage.settings import NfsSettings
from components.swarm.settings import SwarmSettings
from components.traefik.settings import TraefikSettings
from stacks.config.images import ImagesSettings
from stacks.config.volumes import VolumesSettings


class Settings(Section):
    """The whole configuration of a stack, apart from secrets; `cross_validation` checks that sections fit together."""

    kind: Literal["target", "host"] = Field(description="`target`: Nuvla deploys onto it; `host`: Nuvla runs on it")
    domain: Domain | None = Field(None, description="name that users reach the infrastructure by")
    machines: AnyMachines = Field(discriminator="provider", description="the machines")
    firewall: FirewallSettings = Field(description="who may reach which ports")
    engine: EngineSettings = Field(EngineSettings(), description="the Docker engine of every machine")
    swarm: SwarmSettings = Field(SwarmSettings(), description="the swarm")
    traefik: TraefikSettings = Field(TraefikSettings(), description="the entry to the services")
    monitoring: MonitoringSettings = Field(MonitoringSettings(), description="metrics, dashboards and alerts")
    nfs: NfsSettings = Field(NfsSettings(), description="files that all machines share")
    s3: S3Settings = Field(S3Settings(), description="S3 over the same files")
    volumes: VolumesSettings = Field(VolumesSettings(), description="data that outlive containers")
    images: ImagesSettings = Field(ImagesSettings(), description="what the services run")

    @property
    def has_nfs(self) -> bool:
        """Whether the machines share files."""
        return self.kind == "target" and self.nfs.enabled

    @property
    def has_s3(self) -> bool:
        """Whether there is an S3 service."""
        return self.kind == "target" and self.s3.enabled

    @property
    def features(self) -> set[str]:
        """Parts of the stack that a setting switches on, as folders of components/ name them."""
        parts = {"nfs": self.has_nfs, "s3": self.has_s3, "elasticsearch": self.monitoring.elasticsearch.enabled}
        return {name for name, there in parts.items() if there}

    @property
    def resolved_engine(self) -> EngineSettings:
        """The engine with a value for all that is unset: careful where containers of others may run."""
        foreign = self.machines.may_run_foreign_containers
        return self.engine.resolved(
            default_source=self.machines.default_engine_source,
            no_new_privileges=self.kind == "host" and not foreign,
            icc=foreign,
        )

    @property
    def api_manager(self) -> str:
        """Name of the manager that the program talks to."""
        return self.swarm.api_manager or self.machines.names("manager")[0]

    @property
    def first_manager(self) -> str:
        """Name of the manager that has what no setting places, where there is no doubt which one is the first."""
        return self.machines.names("manager", active=True)[0]

    @property
    def nfs_machine(self) -> str:
        """Name of the machine that serves files."""
        return self.nfs.machine or self.first_manager

    @property
    def acme_machine(self) -> str:
        """Name of the manager that gets certificates, where Let's Encrypt is asked."""
        said = self.traefik.acme and self.traefik.acme.machine
        return said or (self.first_manager if self.machines.first_manager_is_clear() else self.monitoring_machine)

    @property
    def shares_certificates(self) -> bool:
        """Whether one manager gets certificates for others."""
        return self.traefik.acme is not None and len(self.machines.names("manager")) > 1

    @property
    def s3_name(self) -> str | None:
        """The name by which S3 is reached on 443."""
        return f"s3.{self.domain}" if self.has_s3 and self.domain else None

    @property
    def monitoring_machine(self) -> str:
        """Name of the machine that keeps metrics."""
        return self.monitoring.machine or self.first_manager

    def container_networks(self) -> list[tuple[str, IPv4Network]]:
        """Return what engines and swarm give to containers, by the settings that say so."""
        pools = [(f"engine.address_pools[{i}].base", pool.base) for i, pool in enumerate(self.engine.address_pools)]
        return pools + [(f"swarm.address_pools[{i}]", pool) for i, pool in enumerate(self.swarm.address_pools)]
