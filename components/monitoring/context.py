"""Values and resources of the rest of the stack that the services of monitoring need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.monitoring.own_files import OwnFiles
from components.monitoring.settings import MonitoringSettings
from components.ports import MachinePort
from components.service.login import Login
from components.service.spec import Mount, constraint_for_machine
from components.socket_proxy.stack import ENDPOINT
from components.swarm.network import OverlayNetwork

STATEFUL_SERVICES = ("prometheus", "alertmanager", "grafana")  # each has a data volume of the same name


@dataclass(frozen=True, kw_only=True)
class MonitoringContext:
    """Plain values of the rest of the stack that monitoring needs; a preview shows them."""

    settings: MonitoringSettings
    machine: str  # machine with the data of Prometheus, Grafana and Alertmanager
    folders: Mapping[str, str]  # service -> folder with its data, on that machine
    domain: str | None  # host name in links
    receivers: Sequence[str]  # whom Alertmanager notifies, by the names of the setting `severities`
    scrape_password: bool  # whether own scrape jobs have the secret
    nfs_machine: str | None  # NFS server; None without NFS
    ports: Sequence[MachinePort]  # of the machines, which templates name
    s3: bool  # whether the stack has S3
    rules: Sequence[tuple[str, str]]  # name and path of each file of alerts
    scrapes: Sequence[tuple[str, str]]  # name and path of each template of scrape jobs
    dashboards: Sequence[tuple[str, str]]  # name and module of each dashboard
    own: OwnFiles  # rules, scrape jobs and dashboards of the stack itself

    @property
    def scrape_interval(self) -> str:
        """Scrape interval in the form of Prometheus and Grafana, "15s"."""
        return f"{self.settings.prometheus.scrape_interval_s}s"

    def shown(self) -> dict[str, Any]:
        """Return the values that a preview shows."""
        places = {"machine": self.machine, "folders": self.folders, "domain": self.domain}
        watched = {"nfs_machine": self.nfs_machine, "s3": self.s3, "own_files": self.own.shown()}
        given = {"receivers": self.receivers, "scrape_password": self.scrape_password}
        return {**places, **watched, **given, **self.settings.shown()}

    def placed_with_data(self) -> list[str]:
        """Return the constraint of a service with data, which runs on the machine that has them."""
        return constraint_for_machine(self.machine)

    def data_mount(self, service: str, target: str) -> Mount:
        """Return the mount of the folder with a service's data."""
        return Mount(type="bind", source=self.folders[service], target=target)

    def template_values(self) -> dict[str, str]:
        """Return the values that templates of scrape jobs may use: addresses, and each port as `port_<row>`."""
        numbers = {f"port_{port.row.replace(' ', '_')}": str(port.number) for port in self.ports}
        return {**numbers, "docker_api": ENDPOINT, "nfs_machine": self.nfs_machine or ""}


@dataclass(frozen=True, kw_only=True)
class MonitoringParts:
    """Resources that monitoring needs."""

    images: Mapping[str, pulumi.Input[str]]  # key in `images` -> pinned reference
    monitoring: OverlayNetwork  # of Prometheus and all services that it scrapes
    docker: OverlayNetwork  # of the socket proxy
    web: OverlayNetwork  # of Traefik and the program's own pages
    backend: OverlayNetwork | None  # of Nuvla's own services; None on a target
    grafana_login: Login
    grafana_url: pulumi.Input[str]  # address in browsers
    traefik_login: Login  # for the metrics of Traefik
    smtp_password: pulumi.Output[str] | None
    receiver_secrets: Mapping[str, pulumi.Output[str]]  # receiver -> its URL or key
    scrape_password: pulumi.Output[str] | None  # of own scrape jobs
    runbooks_url: pulumi.Input[str]  # page that alerts link to
    certificate_ends: Mapping[str, pulumi.Output[str]]  # holder of a client certificate -> its end, RFC 3339
