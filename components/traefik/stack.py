"""Traefik, the entry to the services of a swarm."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from components import assets
from components.service.login import Login
from components.service.spec import File, HealthCheck, Port, SecretFile, Service, StackSpec
from components.socket_proxy.stack import SOCKET, VOLUME
from components.swarm.network import OverlayNetwork
from components.traefik import published
from components.traefik.acme import AcmeSettings, with_resolver
from components.traefik.certificate import SelfSignedCertificate
from components.traefik.certificate_sync import showing

DASHBOARD_PORT = 8080
S3_PORT = 9000  # in the container


@dataclass(frozen=True, kw_only=True)
class TraefikSettings:
    """Plain settings of Traefik."""

    network: str  # name of the network of the published services
    log_level: str
    access_log: bool
    memory_limit_mib: int
    s3_port: int | None  # of the machines, where S3 is published
    s3_name: str | None  # by which S3 is reached on 443
    operators: Sequence[str]  # networks that 8080 is for, "192.0.2.0/24"
    consoles: Sequence[str]  # networks that the program's own pages are for
    reserved: Sequence[str]  # rules of what is the program's on 443, "Path(`/grafana`)"
    acme: AcmeSettings | None = None  # self-signed only if unset


@dataclass(frozen=True, kw_only=True)
class TraefikLogins:
    """Whom Traefik asks for a password."""

    prometheus: Login  # those who look at Prometheus
    metrics: Login  # Prometheus, as it collects the metrics of Traefik


def traefik(
    settings: TraefikSettings,
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    certificate: SelfSignedCertificate,
    logins: TraefikLogins,
) -> StackSpec:
    """Traefik on every manager: 80 redirects to 443, which serves what labels publish; 8080 is for the operators.

    It learns of labels what the proxy of its own machine lets through (see `answers.lua`). The S3 service has a port
    of its own beside 443, since its paths are its buckets. Of one manager, it gets certificates too; for several, see
    `issuing`.

    Source: Traefik documentation, "Swarm provider", "API & Dashboard"; the compose files of nuvla/deployment.
    """
    static = assets.render(
        "traefik/files/traefik.yaml",
        {
            "network": settings.network,
            "docker": SOCKET,
            "log_level": settings.log_level,
            "access_log": "{}" if settings.access_log else "null",
        },
    )
    ports = [Port(published=80, target=80), Port(published=443, target=443)]
    ports.append(Port(published=DASHBOARD_PORT, target=DASHBOARD_PORT))
    if settings.s3_port is not None:
        ports.append(Port(published=settings.s3_port, target=S3_PORT))
    dynamic = assets.render(
        "traefik/files/dynamic.yaml",
        {"operators": json.dumps(list(settings.operators)), "consoles": json.dumps(list(settings.consoles))},
    )
    files: dict[str, tuple[str, pulumi.Input[str]]] = {
        "static": ("/etc/traefik/traefik.yaml", static),
        "dynamic": ("/etc/traefik/dynamic/dynamic.yaml", dynamic),
        "certificate": ("/etc/traefik/certificate.pem", certificate.cert),
    }
    if settings.reserved:
        rule = json.dumps(" || ".join(settings.reserved))
        reserved = assets.render("traefik/files/reserved.yaml", {"rule": rule})
        files["reserved"] = ("/etc/traefik/dynamic/reserved.yaml", reserved)
    for entry_point, host in published.s3_hosts(settings.s3_name).items() if settings.s3_port is not None else ():
        rule = json.dumps(f"HostSNI(`{host}`)")
        reserved = assets.render("traefik/files/reserved_s3.yaml", {"entry_point": entry_point, "rule": rule})
        files[f"reserved-{entry_point}"] = (f"/etc/traefik/dynamic/reserved-{entry_point}.yaml", reserved)
    service = Service(
        name="traefik",
        image=image,
        networks=networks,
        memory_limit_mib=settings.memory_limit_mib,
        health=HealthCheck(command=["traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yaml"]),
        constraints=["node.role==manager"],
        capabilities=["CAP_NET_BIND_SERVICE"],
        files=[File(name=name, path=path, content=content) for name, (path, content) in files.items()],
        secrets=[
            SecretFile(name="certificate-key", content=certificate.key),
            SecretFile(name="prometheus-users", content=logins.prometheus.htpasswd),
            SecretFile(name="metrics-users", content=logins.metrics.htpasswd),
        ],
        mounts=[VOLUME],
        ports=ports,
    )
    if settings.acme is not None:
        service = showing(service) if settings.acme.shared else with_resolver(service, settings.acme)
    return StackSpec(services=[service], settings=asdict(settings))
