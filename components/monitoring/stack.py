"""Metrics of an infrastructure, from what is measured to who is told."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pulumi

from components.monitoring.alertmanager import alertmanager
from components.monitoring.exporters import blackbox, cadvisor, elasticsearch_exporter, node_exporter
from components.monitoring.grafana import grafana
from components.monitoring.prometheus import prometheus
from components.monitoring.settings import MonitoringSettings
from components.service.login import Login
from components.service.spec import StackSpec
from components.swarm.network import OverlayNetwork

NETWORK = "monitoring"  # prometheus.yml collects over it


@dataclass(frozen=True, kw_only=True)
class MonitoringImages:
    """An image for each of the services, pinned."""

    prometheus: pulumi.Input[str]
    alertmanager: pulumi.Input[str]
    grafana: pulumi.Input[str]
    node_exporter: pulumi.Input[str]
    cadvisor: pulumi.Input[str]
    blackbox: pulumi.Input[str]
    elasticsearch_exporter: pulumi.Input[str] | None  # on a host that measures its database


@dataclass(frozen=True, kw_only=True)
class MonitoringNetworks:
    """Who of monitoring can talk to whom."""

    monitoring: OverlayNetwork  # everything that is scraped, and who scrapes
    docker: OverlayNetwork  # where Docker's API is read
    web: OverlayNetwork  # where Traefik meets what it publishes of the program
    backend: OverlayNetwork | None  # of Nuvla's own services, on a host


@dataclass(frozen=True, kw_only=True)
class MonitoringSecrets:
    """What must not be read in plain text."""

    grafana: Login
    traefik: Login  # of its metrics
    smtp_password: pulumi.Output[str] | None
    webhook_url: pulumi.Output[str] | None


def monitoring(
    settings: MonitoringSettings,
    images: MonitoringImages,
    networks: MonitoringNetworks,
    secrets: MonitoringSecrets,
    grafana_url: pulumi.Input[str],
    *,
    certificate_ends: Mapping[str, pulumi.Output[str]],  # by who has one, RFC 3339
) -> StackSpec:
    """Exporters on every machine; Prometheus, Alertmanager, Grafana and probes on the one that has their data."""
    internal: Sequence[OverlayNetwork] = [networks.monitoring]
    published = [networks.web, networks.monitoring]
    services = [
        prometheus(settings, images.prometheus, [*published, networks.docker], certificate_ends, secrets.traefik),
        alertmanager(settings, images.alertmanager, internal, secrets.smtp_password, secrets.webhook_url),
        grafana(settings, images.grafana, published, secrets.grafana, secrets.smtp_password, url=grafana_url),
        node_exporter(settings, images.node_exporter, internal),
        cadvisor(settings, images.cadvisor, internal),
        blackbox(settings, images.blackbox, internal),
    ]
    if settings.elasticsearch_url and images.elasticsearch_exporter is not None and networks.backend:
        on = [networks.monitoring, networks.backend]
        services.append(elasticsearch_exporter(settings, images.elasticsearch_exporter, on, settings.elasticsearch_url))
    return StackSpec(services=services, settings=asdict(settings))
