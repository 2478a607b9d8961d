"""Everything a user can set: one model per section of the stack's configuration."""

from ipaddress import IPv4Network
from typing import Literal, Self

from pydantic import Field, model_validator

from components.engine.settings import CONTAINERD_VERSION, ENGINE_VERSIONS, Engine
from components.fields import Domain, Section
from components.firewall.settings import Firewall
from components.machines.existing.settings import ExistingMachines
from components.machines.exoscale.settings import ExoscaleMachines
from components.machines.local.settings import LocalMachines
from components.monitoring.section import Monitoring
from components.s3.settings import S3
from components.storage.settings import Nfs
from components.swarm.settings import Swarm
from components.traefik.settings import Traefik
from stacks.config.cross_validation import CHECKS
from stacks.config.images import Images
from stacks.config.volumes import Volumes


class Settings(Section):
    """The whole configuration of a stack, apart from secrets."""

    kind: Literal["target", "host"] = Field(description="`target`: Nuvla deploys onto it; `host`: Nuvla runs on it")
    domain: Domain | None = Field(None, description="name that users reach the infrastructure by")
    machines: LocalMachines | ExoscaleMachines | ExistingMachines = Field(
        discriminator="provider", description="the machines"
    )
    firewall: Firewall = Field(description="who may reach which ports")
    engine: Engine = Field(Engine(), description="the Docker engine of every machine")
    swarm: Swarm = Field(Swarm(), description="the swarm")
    traefik: Traefik = Field(Traefik(), description="the entry to the services")
    monitoring: Monitoring = Field(Monitoring(), description="metrics, dashboards and alerts")
    nfs: Nfs = Field(Nfs(), description="files that all machines share")
    s3: S3 = Field(S3(), description="S3 over the same files")
    volumes: Volumes = Field(Volumes(), description="data that outlive containers")
    images: Images = Field(Images(), description="what the services run")

    @property
    def has_nfs(self) -> bool:
        """Whether the machines share files."""
        return self.kind == "target" and self.nfs.enabled

    @property
    def has_s3(self) -> bool:
        """Whether there is an S3 service."""
        return self.kind == "target" and self.s3.enabled

    @property
    def engine_source(self) -> str:
        """Whose packages of the engine are installed."""
        return self.engine.source or ("distribution" if self.machines.provider == "local" else "docker.com")

    @property
    def engine_version(self) -> str:
        """Exact version of the engine."""
        return self.engine.version or ENGINE_VERSIONS[self.engine_source]

    @property
    def containerd_version(self) -> str | None:
        """Exact version of containerd; the distribution's own one is nobody's choice."""
        if self.engine_source == "distribution":
            return None
        return self.engine.containerd_version or CONTAINERD_VERSION

    @property
    def no_new_privileges(self) -> bool:
        """Whether it is so for containers of everybody: where nobody else's may be that need it otherwise."""
        said = self.engine.no_new_privileges
        return said if said is not None else self.kind == "host" and self.machines.provider != "existing"

    @property
    def icc(self) -> bool:
        """Whether containers on Docker's own bridge reach each other: where there may be some of before."""
        return self.engine.icc if self.engine.icc is not None else self.machines.provider == "existing"

    @property
    def entry(self) -> str:
        """Name of the manager that the program talks to."""
        return self.swarm.entry or self.machines.names("manager")[0]

    @property
    def first_manager(self) -> str:
        """Name of the manager that has what no setting puts anywhere, where there is no doubt which one that is."""
        return self.machines.names("manager", active=True)[0]

    @property
    def nfs_machine(self) -> str:
        """Name of the machine that serves files."""
        return self.nfs.machine or self.first_manager

    @property
    def acme_machine(self) -> str:
        """Name of the manager that gets certificates, where Let's Encrypt is asked."""
        said = self.traefik.acme and self.traefik.acme.machine
        return said or (self.first_manager if self.machines.first_is_clear() else self.monitoring_machine)

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
        """What engines and swarm give to containers, by the settings that say so."""
        pools = [(f"engine.address_pools[{i}].base", pool.base) for i, pool in enumerate(self.engine.address_pools)]
        return pools + [(f"swarm.address_pools[{i}]", pool) for i, pool in enumerate(self.swarm.address_pools)]

    @model_validator(mode="after")
    def _sections_fit_together(self) -> Self:
        mistakes = [line for check in CHECKS for line in check(self)]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self
