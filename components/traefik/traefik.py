"""Traefik, the entry to the services of a swarm."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from components import assets
from components.service.login import Login
from components.service.spec import File, HealthCheck, Port, SecretFile, Service, StackSpec
from components.swarm.network import OverlayNetwork
from components.traefik.acme import AcmeSettings, with_resolver
from components.traefik.certificate import SelfSignedCertificate
from components.traefik.sharing import showing

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
    docker: str  # URL of Docker's API
    acme: AcmeSettings | None = None  # self-signed only if unset


def traefik(
    settings: TraefikSettings,
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    certificate: SelfSignedCertificate,
    prometheus_login: Login | None,
) -> StackSpec:
    """Traefik on every manager: 80 redirects to 443, which serves what labels publish; 8080 is for the operators.

    The S3 service has a port of its own beside 443, since its paths are its buckets. Of one manager, it gets
    certificates too; for several, see `issuing`.

    Source: Traefik documentation, "Swarm provider"; the compose files of nuvla/deployment.
    """
    static = assets.render(
        "traefik/files/traefik.yaml",
        {
            "network": settings.network,
            "docker": settings.docker,
            "log_level": settings.log_level,
            "access_log": "{}" if settings.access_log else "null",
        },
    )
    ports = [Port(published=80, target=80), Port(published=443, target=443)]
    ports.append(Port(published=DASHBOARD_PORT, target=DASHBOARD_PORT))
    if settings.s3_port is not None:
        ports.append(Port(published=settings.s3_port, target=S3_PORT))
    secrets = [SecretFile(name="certificate-key", content=certificate.key)]
    if prometheus_login is not None:
        secrets.append(SecretFile(name="prometheus-users", content=prometheus_login.htpasswd))
    service = Service(
        name="traefik",
        image=image,
        networks=networks,
        memory_limit_mib=settings.memory_limit_mib,
        health=HealthCheck(command=["traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yaml"]),
        constraints=["node.role==manager"],
        capabilities=["CAP_NET_BIND_SERVICE"],
        files=[
            File(name="static", path="/etc/traefik/traefik.yaml", content=static),
            File(
                name="dynamic",
                path="/etc/traefik/dynamic/dynamic.yaml",
                content=assets.read("traefik/files/dynamic.yaml"),
            ),
            File(name="certificate", path="/etc/traefik/certificate.pem", content=certificate.cert),
        ],
        secrets=secrets,
        ports=ports,
    )
    if settings.acme is not None:
        service = showing(service) if settings.acme.shared else with_resolver(service, settings.acme)
    return StackSpec(services=[service], settings=asdict(settings))
