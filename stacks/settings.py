"""Everything a user can set: one model per section of the stack's configuration."""

from collections.abc import Iterator
from itertools import combinations
from typing import Literal, Self

from pydantic import Field, model_validator

from components.firewall.rules import FIXED_PORTS, MOUNTD_PORT
from components.monitoring.monitoring import NETWORK as MONITORING_NETWORK
from components.socket_proxy.socket_proxy import NETWORK as DOCKER_NETWORK
from stacks.sections.fields import Domain, Image, Section
from stacks.sections.firewall import Firewall
from stacks.sections.machines import LocalMachines
from stacks.sections.services import Monitoring, Traefik
from stacks.sections.swarm import Engine, Swarm
from stacks.sections.target import S3, Nfs

INTERNAL_NETWORKS = (DOCKER_NETWORK, MONITORING_NETWORK)


class Images(Section):
    """What the services run. The defaults are pinned here and nowhere else."""

    traefik: Image = Field("traefik:v3.7.14", description="Traefik; 3.6.1 or newer for Docker Engine 29")
    haproxy: Image = Field("haproxy:3.4.6-alpine", description="HAProxy, the read-only proxy of Docker's API")
    prometheus: Image = Field("prom/prometheus:v3.15.0", description="Prometheus 3")
    alertmanager: Image = Field("prom/alertmanager:v0.34.1", description="Alertmanager")
    grafana: Image = Field("grafana/grafana:13.2.3", description="Grafana, which shows the metrics")
    node_exporter: Image = Field("prom/node-exporter:v1.12.1", description="exporter of a machine's own metrics")
    cadvisor: Image = Field("ghcr.io/google/cadvisor:v0.60.6", description="exporter of containers' metrics")
    blackbox: Image = Field("prom/blackbox-exporter:v0.28.0", description="exporter that probes services from outside")
    versitygw: Image = Field("versity/versitygw:v1.8.0", description="S3 over plain files")


class Settings(Section):
    """The whole configuration of a stack, apart from secrets."""

    kind: Literal["target"] = Field(description="`target`: Nuvla deploys onto it")
    domain: Domain | None = Field(None, description="name that users reach the infrastructure by")
    machines: LocalMachines = Field(description="the machines")
    firewall: Firewall = Field(description="who may reach which ports")
    engine: Engine = Field(Engine(), description="the Docker engine of every machine")
    swarm: Swarm = Field(Swarm(), description="the swarm")
    traefik: Traefik = Field(Traefik(), description="the entry to the services")
    monitoring: Monitoring = Field(Monitoring(), description="metrics, dashboards and alerts")
    nfs: Nfs = Field(Nfs(), description="files that all machines share")
    s3: S3 = Field(S3(), description="S3 over the same files")
    images: Images = Field(Images(), description="what the services run")

    @property
    def nfs_machine(self) -> str:
        """Name of the machine that serves files."""
        return self.nfs.machine or self.machines.names("manager", active=True)[0]

    @property
    def monitoring_machine(self) -> str:
        """Name of the machine that keeps metrics."""
        return self.monitoring.machine or self.machines.names("manager", active=True)[0]

    @model_validator(mode="after")
    def _sections_fit_together(self) -> Self:
        mistakes = [line for check in CHECKS for line in check(self)]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self


def _networks_overlap(settings: Settings) -> Iterator[str]:
    networks = [("machines.subnet", settings.machines.subnet)]
    networks += [(f"engine.address_pools[{i}].base", p.base) for i, p in enumerate(settings.engine.address_pools)]
    networks += [(f"swarm.address_pools[{i}]", p) for i, p in enumerate(settings.swarm.address_pools)]
    for (one, left), (other, right) in combinations(networks, 2):
        if left.overlaps(right):
            yield f"{other}: {right} given; allowed: a network outside {one}, {left}"


def _network_name_is_taken(settings: Settings) -> Iterator[str]:
    name = settings.swarm.public_network.name
    if name in INTERNAL_NETWORKS:
        yield f'swarm.public_network.name: "{name}" given; allowed: a name other than {", ".join(INTERNAL_NETWORKS)}'


def _named_machines(settings: Settings) -> Iterator[str]:
    machines = settings.machines
    active = machines.names("manager", "worker", active=True)
    if not machines.names("manager", active=True):
        yield "machines.pools: no active manager; required: one at least, since Traefik runs on managers"
    for path, name, allowed in (
        ("swarm.entry", settings.swarm.entry, machines.names("manager")),
        ("nfs.machine", settings.nfs.machine, active),
        ("monitoring.machine", settings.monitoring.machine, active),
    ):
        if name is not None and name not in allowed:
            yield f'{path}: "{name}" given; allowed: one of {", ".join(allowed)}'


def _program_is_locked_out(settings: Settings) -> Iterator[str]:
    here, management = settings.machines.subnet[1], settings.firewall.management
    if not any(here in network for network in management):
        yield (
            f"firewall.management: {', '.join(map(str, management))} given; "
            f"allowed: networks that hold {here}, from which this program reaches local machines"
        )


def _ports_are_taken(settings: Settings) -> Iterator[str]:
    ephemeral, port = settings.firewall.ephemeral, settings.s3.port
    span = f"{ephemeral.first} to {ephemeral.last}"
    covered = [f"{fixed} ({service})" for fixed, service in FIXED_PORTS.items() if ephemeral.holds(fixed)]
    if covered:
        yield f"firewall.ephemeral: {span} given; allowed: a range without {', '.join(covered)}"
    if not settings.s3.enabled:
        return
    if port in FIXED_PORTS or port == MOUNTD_PORT:
        yield f"s3.port: {port} given; allowed: a port that is not taken by {FIXED_PORTS.get(port, 'nfs')}"
    elif ephemeral.holds(port):
        yield f"s3.port: {port} given; allowed: a port outside firewall.ephemeral, {span}"


def _s3_has_no_files(settings: Settings) -> Iterator[str]:
    if settings.s3.enabled and not settings.nfs.enabled:
        yield "s3.enabled: true given; allowed: false, as nfs.enabled is false and S3 serves its files"


CHECKS = (
    _networks_overlap,
    _network_name_is_taken,
    _named_machines,
    _program_is_locked_out,
    _ports_are_taken,
    _s3_has_no_files,
)
