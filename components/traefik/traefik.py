"""Traefik, the entry to the services of a swarm."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from components import assets
from components.service.spec import File, HealthCheck, Memory, Mount, Port, SecretFile, Service, StackSpec
from components.swarm.network import OverlayNetwork
from components.traefik.certificate import SelfSignedCertificate

DASHBOARD_PORT = 8080


@dataclass(frozen=True, kw_only=True)
class TraefikSettings:
    """Plain settings of Traefik."""

    network: str  # name of the network of the published services
    log_level: str
    access_log: bool
    memory: Memory


def traefik(
    settings: TraefikSettings,
    image: pulumi.Input[str],
    networks: Sequence[OverlayNetwork],
    certificate: SelfSignedCertificate,
) -> StackSpec:
    """Traefik on every manager: 80 redirects to 443, which serves what labels publish; 8080 is for the operators.

    Source: Traefik documentation, "Swarm provider"; the compose files of nuvla/deployment.
    """
    static = assets.render(
        "traefik/files/traefik.yaml",
        {
            "network": settings.network,
            "log_level": settings.log_level,
            "access_log": "{}" if settings.access_log else "null",
        },
    )
    service = Service(
        name="traefik",
        image=image,
        networks=networks,
        memory=settings.memory,
        health=HealthCheck(command=["traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yaml"]),
        constraints=["node.role==manager"],
        files=[
            File(name="static", path="/etc/traefik/traefik.yaml", content=static),
            File(name="dynamic", path="/etc/traefik/dynamic.yaml", content=assets.read("traefik/files/dynamic.yaml")),
            File(name="certificate", path="/etc/traefik/certificate.pem", content=certificate.cert),
        ],
        secrets=[SecretFile(name="certificate-key", content=certificate.key)],
        mounts=[Mount(type="bind", source="/var/run/docker.sock", target="/var/run/docker.sock", read_only=True)],
        ports=[
            Port(published=80, target=80),
            Port(published=443, target=443),
            Port(published=DASHBOARD_PORT, target=DASHBOARD_PORT),
        ],
    )
    return StackSpec(services=[service], settings=asdict(settings))
