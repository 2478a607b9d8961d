"""What the services of monitoring are made of, beside their settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components import ports
from components.monitoring.settings import MonitoringSettings
from components.service.login import Login
from components.service.spec import Mount, constraint_for_machine
from components.socket_proxy.stack import ENDPOINT
from components.swarm.network import OverlayNetwork

STATEFUL_SERVICES = ("prometheus", "alertmanager", "grafana")  # with a data volume of the same name


@dataclass(frozen=True, kw_only=True)
class MonitoringContext:
    """The infrastructure as monitoring sees it: plain values, which a preview shows."""

    settings: MonitoringSettings
    machine: str  # that has the data of Prometheus, Grafana and Alertmanager
    folders: Mapping[str, str]  # on that machine, by service
    domain: str | None  # in links
    webhook: bool  # whether alerts are sent to the URL that is a secret
    nfs_machine: str | None  # that serves files, where there is one
    s3: bool  # whether there is an S3 service
    rules: Sequence[tuple[str, str]]  # name and path of each file with alerts
    scrapes: Sequence[tuple[str, str]]  # name and path of each template with jobs
    dashboards: Sequence[tuple[str, str]]  # name and module of each

    @property
    def scrape_interval(self) -> str:
        """As Prometheus and Grafana write it."""
        return f"{self.settings.prometheus.scrape_interval_s}s"

    def shown(self) -> dict[str, Any]:
        """Return what a preview shows of monitoring."""
        own = {"machine": self.machine, "folders": self.folders, "domain": self.domain, "webhook": self.webhook}
        return {**own, "nfs_machine": self.nfs_machine, "s3": self.s3, **self.settings.shown()}

    def placed_with_data(self) -> list[str]:
        """Return the constraint of a service with data: a volume is on one machine."""
        return constraint_for_machine(self.machine)

    def data_mount(self, service: str, target: str) -> Mount:
        """Return the mount of the folder with the data of a service."""
        return Mount(type="bind", source=self.folders[service], target=target)

    def template_values(self) -> dict[str, str]:
        """Return what templates of scrape jobs may name: addresses, and each port as `port_<row>`."""
        numbers = {f"port_{port.row.replace(' ', '_')}": str(port.number) for port in ports.TABLE}
        return {**numbers, "docker_api": ENDPOINT, "nfs_machine": self.nfs_machine or ""}


@dataclass(frozen=True, kw_only=True)
class MonitoringParts:
    """Resources that monitoring runs on and with."""

    images: Mapping[str, pulumi.Input[str]]  # by the key of the setting, pinned
    monitoring: OverlayNetwork  # everything that is scraped, and Prometheus
    docker: OverlayNetwork  # where Docker's API is read
    web: OverlayNetwork  # where Traefik meets what it publishes of the program
    backend: OverlayNetwork | None  # of Nuvla's own services, on a host
    grafana_login: Login
    grafana_url: pulumi.Input[str]  # that browsers use
    traefik_login: Login  # of its metrics
    smtp_password: pulumi.Output[str] | None
    webhook_url: pulumi.Output[str] | None
    certificate_ends: Mapping[str, pulumi.Output[str]]  # by holder, RFC 3339
