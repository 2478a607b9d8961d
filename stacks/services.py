"""What runs on the swarm of every kind: the proxy of Docker's API, Traefik and monitoring."""

import pulumi

from components.monitoring.monitoring import (
    MonitoringImages,
    MonitoringNetworks,
    MonitoringSecrets,
    monitoring,
)
from components.monitoring.settings import MonitoringSettings, Smtp
from components.socket_proxy.socket_proxy import ENDPOINT, socket_proxy
from components.swarm.network import OverlayNetwork
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.traefik import TraefikSettings, traefik
from stacks.base import Base
from stacks.configuration import Secrets


def add(base: Base, secrets: Secrets) -> None:
    """The services, each stack on the machines that it runs on."""
    machines = base.settings.machines
    managers, workers = machines.names("manager"), machines.names("worker", active=True)
    proxies = socket_proxy(base.image("haproxy"), [base.docker], workers=bool(workers))
    base.stack("socket-proxy", proxies, [*managers, *workers])
    _add_traefik(base)
    if base.monitoring is not None:
        _add_monitoring(base, base.monitoring, secrets)


def _add_traefik(base: Base) -> None:
    settings = base.settings
    names = [settings.domain] if settings.domain else []
    if settings.domain and settings.s3.enabled:
        names.append(f"s3.{settings.domain}")
    certificate = SelfSignedCertificate(
        "traefik-certificate",
        SelfSignedCertificateArgs(
            addresses=[machine.public_address for machine in base.ground.cluster.managers()],
            names=names,
            days=settings.traefik.certificate_days,
        ),
    )
    wanted = TraefikSettings(
        network=settings.swarm.public_network.name,
        log_level=settings.traefik.log_level,
        access_log=settings.traefik.access_log,
        memory_limit_mib=settings.traefik.memory_limit_mib,
        s3_port=settings.s3.port if settings.s3.enabled else None,
        docker=ENDPOINT,
    )
    networks = [network for network in (base.public, base.docker, base.monitoring) if network is not None]
    spec = traefik(wanted, base.image("traefik"), networks, certificate, base.logins.get("prometheus"))
    base.stack("traefik", spec, settings.machines.names("manager"))


def _add_monitoring(base: Base, network: OverlayNetwork, secrets: Secrets) -> None:
    settings, wanted = base.settings, base.settings.monitoring
    spec = monitoring(
        MonitoringSettings(
            machine=settings.monitoring_machine,
            domain=settings.domain,
            scrape_interval_s=wanted.prometheus.scrape_interval_s,
            retention_time=wanted.prometheus.retention_time,
            retention_size=wanted.prometheus.retention_size,
            email_to=wanted.alertmanager.email_to,
            webhook=secrets.alert_webhook_url is not None,
            smtp=Smtp(**wanted.smtp.model_dump()) if wanted.smtp else None,
            nfs_machine=settings.nfs_machine if settings.nfs.enabled else None,
            s3=settings.s3.enabled,
            prometheus_memory_limit_mib=wanted.prometheus.memory_limit_mib,
            grafana_memory_limit_mib=wanted.grafana.memory_limit_mib,
            alertmanager_memory_limit_mib=wanted.alertmanager.memory_limit_mib,
            exporters_memory_limit_mib=wanted.exporters.memory_limit_mib,
        ),
        MonitoringImages(
            prometheus=base.image("prometheus"),
            alertmanager=base.image("alertmanager"),
            grafana=base.image("grafana"),
            node_exporter=base.image("node_exporter"),
            cadvisor=base.image("cadvisor"),
            blackbox=base.image("blackbox"),
        ),
        MonitoringNetworks(monitoring=network, docker=base.docker, public=base.public),
        MonitoringSecrets(
            grafana=base.logins["grafana"],
            smtp_password=secrets.smtp_password,
            webhook_url=secrets.alert_webhook_url,
        ),
        pulumi.Output.concat("https://", base.address, "/grafana/"),
    )
    base.stack("monitoring", spec, settings.machines.names("manager", "worker"))
