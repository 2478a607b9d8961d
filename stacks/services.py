"""What runs on the swarm of every kind: the proxy of Docker's API, Traefik and monitoring."""

from collections.abc import Sequence

import pulumi

from components.firewall.reserved_ports import ReservedPorts, ReservedPortsArgs
from components.monitoring.grafana import PATH as GRAFANA_PATH
from components.monitoring.prometheus import PATH as PROMETHEUS_PATH
from components.monitoring.settings import WITH_DATA, MonitoringSettings, Smtp
from components.monitoring.stack import (
    MonitoringImages,
    MonitoringNetworks,
    MonitoringSecrets,
    monitoring,
)
from components.s3.stack import CONSOLE_PATH
from components.s3.stack import NAME as S3
from components.service.stack import ServiceStack
from components.socket_proxy.stack import socket_proxy
from components.traefik.acme import ISSUER, PRODUCTION, STAGING, AcmeSettings
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.certificate_report import IssuedCertificates, IssuedCertificatesArgs
from components.traefik.certificate_sync import SOURCE, issuing, sharing
from components.traefik.published import under
from components.traefik.stack import TraefikLogins, TraefikSettings, traefik
from stacks import networks
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.swarm_platform import Base

ENOUGH = 1000  # deployments of Nuvla that a target has room for
SHARING_DAYS = 3650  # of the certificate that only the managers see, and that nobody has to renew


def add(base: Base, secrets: Secrets) -> None:
    """The services, each stack on the machines that it runs on."""
    _tell_room(base.settings)
    machines = base.settings.machines
    managers, workers = machines.names("manager"), machines.names("worker", active=True)
    haproxy = base.image("haproxy")
    _reserve_ports(base, haproxy)
    proxies = socket_proxy(
        haproxy,
        [base.docker],
        workers=bool(workers),
        published=_published(base.settings),
        s3_name=base.settings.s3_name,
    )
    base.stack("socket-proxy", proxies, [*managers, *workers])
    _add_traefik(base, haproxy)
    if base.settings.monitoring.enabled:
        _add_monitoring(base, secrets)


def _tell_room(settings: Settings) -> None:
    """Says how many deployments a target has room for, where that is little: the ranges of a swarm never change."""
    room = networks.deployments(settings)
    if settings.kind == "target" and room < ENOUGH:
        pulumi.log.warn(
            f"swarm.address_pools and swarm.subnet_prefix have room for about {room} deployments of Nuvla, and cannot "
            "be changed once the swarm is there: see docs/kinds.md, room for networks"
        )


def _reserve_ports(base: Base, image: pulumi.Input[str]) -> None:
    ssh = sorted({machine.port for machine in base.ground.cluster.machines.values()})
    args = ReservedPortsArgs(rows=base.ground.rows, ssh=ssh, image=image, owner=base.ground.owner)
    ReservedPorts("reserved-ports", args, base.in_swarm)


def _add_traefik(base: Base, haproxy: pulumi.Output[str]) -> None:
    settings = base.settings
    names = [name for name in (settings.domain, settings.s3_name) if name]
    certificate = SelfSignedCertificate(
        "traefik-certificate",
        SelfSignedCertificateArgs(
            addresses=base.ground.addresses(),
            # Traefik gets none for a name that its default certificate has.
            names=names if settings.traefik.acme is None else [],
            days=settings.traefik.certificate_days,
        ),
    )
    managers = settings.machines.names("manager")
    acme = _acme(base, names)
    wanted = TraefikSettings(
        network=settings.swarm.public_network.name,
        log_level=settings.traefik.log_level,
        access_log=settings.traefik.access_log,
        memory_limit_mib=settings.traefik.memory_limit_mib,
        s3_port=settings.s3.port if settings.has_s3 else None,
        s3_name=settings.s3_name,
        operators=[str(network) for network in settings.firewall.management],
        consoles=[str(network) for network in settings.firewall.console_users()],
        reserved=_reserved(settings),
        acme=acme,
    )
    networks = [base.public, base.web, base.monitoring]  # the same whatever is switched on
    logins = TraefikLogins(prometheus=base.logins["prometheus"], metrics=base.metrics_login)
    spec = traefik(wanted, base.image("traefik"), networks, certificate, logins)
    before: list[pulumi.Resource] = [base.ground.volumes["traefik"].ready] if acme else []
    if acme and acme.shared:
        before.append(_share(base, acme, haproxy, before))
    stack = base.stack("traefik", spec, managers, before)
    if acme is not None:
        if acme.shared:
            stack = base.stack("traefik-issuer", issuing(spec, acme, [base.web]), [acme.machine], [stack])
        IssuedCertificates(
            "traefik-issued",
            IssuedCertificatesArgs(acme=acme, machine=base.ground.cluster.machines[acme.machine]),
            pulumi.ResourceOptions.merge(base.ground.cluster.inside(), pulumi.ResourceOptions(depends_on=[stack])),
        )


def _published(settings: Settings) -> list[str]:
    """Names of the services that labels publish."""
    names = ["prometheus", "grafana"] if settings.monitoring.enabled else []
    names += [S3] if settings.has_s3 else []
    return names + ([ISSUER] if settings.shares_certificates else [])


def _reserved(settings: Settings) -> list[str]:
    """Rules of what is the program's on 443."""
    paths = [PROMETHEUS_PATH, GRAFANA_PATH] if settings.monitoring.enabled else []
    paths += [CONSOLE_PATH] if settings.has_s3 else []
    return [under(path) for path in paths]


def _acme(base: Base, names: list[str]) -> AcmeSettings | None:
    acme = base.settings.traefik.acme
    if acme is None:
        return None
    data = base.ground.cluster.volumes["traefik"]
    return AcmeSettings(
        email=acme.email,
        server=acme.server or (STAGING if acme.staging else PRODUCTION),
        server_ca=acme.server_ca,
        names=names,
        machine=data.machine,
        folder=data.path,
        shared=base.settings.shares_certificates,
    )


def _share(
    base: Base, acme: AcmeSettings, haproxy: pulumi.Output[str], after: Sequence[pulumi.Resource]
) -> ServiceStack:
    tls = SelfSignedCertificate(
        "traefik-sharing-certificate", SelfSignedCertificateArgs(addresses=[], names=[SOURCE], days=SHARING_DAYS)
    )
    spec = sharing(acme, haproxy, base.network("traefik-sharing"), tls)
    return base.stack("traefik-copies", spec, base.settings.machines.names("manager"), after)


def _add_monitoring(base: Base, secrets: Secrets) -> None:
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
            folders={name: base.ground.volumes[name].path for name in WITH_DATA},
            nfs_machine=settings.nfs_machine if settings.has_nfs else None,
            s3=settings.has_s3,
            elasticsearch_url=wanted.elasticsearch.url if wanted.elasticsearch.enabled else None,
            prometheus_memory_limit_mib=wanted.prometheus.memory_limit_mib,
            grafana_memory_limit_mib=wanted.grafana.memory_limit_mib,
            alertmanager_memory_limit_mib=wanted.alertmanager.memory_limit_mib,
            exporters_memory_limit_mib=wanted.exporters.memory_limit_mib,
            elasticsearch_memory_limit_mib=wanted.elasticsearch.memory_limit_mib,
        ),
        MonitoringImages(
            prometheus=base.image("prometheus"),
            alertmanager=base.image("alertmanager"),
            grafana=base.image("grafana"),
            node_exporter=base.image("node_exporter"),
            cadvisor=base.image("cadvisor"),
            blackbox=base.image("blackbox"),
            elasticsearch_exporter=base.image("elasticsearch_exporter") if wanted.elasticsearch.enabled else None,
        ),
        MonitoringNetworks(monitoring=base.monitoring, docker=base.docker, web=base.web, backend=base.backend),
        MonitoringSecrets(
            grafana=base.logins["grafana"],
            traefik=base.metrics_login,
            smtp_password=secrets.smtp_password,
            webhook_url=secrets.alert_webhook_url,
        ),
        pulumi.Output.concat("https://", base.address, "/grafana/"),
        certificate_ends=base.ground.certificates.client_ends,  # another manager restarts nothing
    )
    volumes = [base.ground.volumes[name].ready for name in WITH_DATA]
    base.stack("monitoring", spec, settings.machines.names("manager", "worker"), volumes)
