"""All settings of a stack: a section for each folder of components/ that has settings."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from components.day import Day
from components.engine.settings import EngineSettings
from components.fields import Domain, Section
from components.firewall.settings import FirewallSettings
from components.machines.registry import AnyMachines
from components.monitoring.settings import MonitoringSettings
from components.rule import RuleId
from components.s3.settings import S3Settings
from components.storage.settings import NfsSettings
from components.swarm.settings import SwarmSettings
from components.traefik.settings import TraefikSettings
from stacks.config.images import ImagesSettings
from stacks.config.volumes import VolumesSettings


class Settings(Section):
    """All settings of a stack except its secrets."""

    kind: Literal["target", "host"] = Field(description="`target`: Nuvla deploys onto it; `host`: Nuvla runs on it")
    domain: Domain | None = Field(
        None, description="DNS name of the infrastructure; it and `s3.<domain>` lead to the managers"
    )
    machines: AnyMachines = Field(discriminator="provider", description="the machines and their provider")
    firewall: FirewallSettings = Field(description="source networks and ports of the firewall")
    engine: EngineSettings = Field(EngineSettings(), description="the Docker engine of every machine")
    swarm: SwarmSettings = Field(SwarmSettings(), description="the swarm and its networks")
    traefik: TraefikSettings = Field(TraefikSettings(), description="the reverse proxy in front of the services")
    monitoring: MonitoringSettings = Field(MonitoringSettings(), description="metrics, dashboards and alerts")
    nfs: NfsSettings = Field(NfsSettings(), description="files that the machines share by NFS")
    s3: S3Settings = Field(S3Settings(), description="S3 over the shared files")
    volumes: VolumesSettings = Field(VolumesSettings(), description="data volumes of the services")
    images: ImagesSettings = Field(ImagesSettings(), description="images of the services")
    exceptions: dict[RuleId, Day] = Field(
        {},
        examples=[{"manager-majority": "2026-12-01"}],
        description="refused changes that you have to make: the last day of each, at most 7 days ahead",
    )

    @property
    def has_nfs(self) -> bool:
        """Whether the machines share files by NFS."""
        return self.kind == "target" and self.nfs.enabled

    @property
    def has_s3(self) -> bool:
        """Whether the stack has S3."""
        return self.kind == "target" and self.s3.enabled

    @property
    def features(self) -> set[str]:
        """Optional parts that the settings switch on, by the names that manifests and ports use as `feature`."""
        parts = {
            "nfs": self.has_nfs,
            "s3": self.has_s3,
            "acme": self.traefik.acme is not None,
            "monitoring": self.monitoring.enabled,
            "elasticsearch": self.monitoring.elasticsearch.enabled,
            "virtual_ip": self.machines.virtual_address is not None,
        }
        return {name for name, enabled in parts.items() if enabled}

    @property
    def resolved_engine(self) -> EngineSettings:
        """Settings of the engine with a value for each unset key, safe for containers that the machines already run."""
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
        """Name of the active manager that has the services and data which no setting places elsewhere."""
        return self.machines.first_manager()

    @property
    def nfs_machine(self) -> str:
        """Name of the NFS server."""
        return self.nfs.machine or self.first_manager

    @property
    def kernel_nfs_server(self) -> str | None:
        """Name of the machine whose kernel serves files, if any does."""
        return self.nfs_machine if self.has_nfs and self.nfs.server == "kernel" else None

    @property
    def acme_machine(self) -> str:
        """Name of the manager that requests certificates; meaningful only with `traefik.acme`."""
        machine = self.traefik.acme and self.traefik.acme.machine
        return machine or (self.first_manager if self.machines.first_manager_is_clear() else self.monitoring_machine)

    @property
    def shares_certificates(self) -> bool:
        """Whether one manager requests certificates for other managers."""
        return self.traefik.acme is not None and len(self.machines.names("manager")) > 1

    @property
    def s3_name(self) -> str | None:
        """Host name of S3 on 443; None without a domain."""
        return f"s3.{self.domain}" if self.has_s3 and self.domain else None

    @property
    def served_names(self) -> list[str]:
        """Names that Traefik needs certificates for: those of the infrastructure itself."""
        return [name for name in (self.domain, self.s3_name) if name]

    @property
    def monitoring_machine(self) -> str:
        """Name of the machine that stores the data of monitoring."""
        return self.monitoring.machine or self.first_manager

    def container_networks(self) -> list[tuple[str, IPv4Network]]:
        """Return the path and value of each setting that assigns addresses to containers."""
        pools = [(f"engine.address_pools[{i}].base", pool.base) for i, pool in enumerate(self.engine.address_pools)]
        return pools + [(f"swarm.address_pools[{i}]", pool) for i, pool in enumerate(self.swarm.address_pools)]
