"""The service of Traefik, which routes requests from outside to the services of a swarm."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from components.ports import HTTP, HTTPS, S3, TRAEFIK
from components.service.login import Login
from components.service.spec import File, HealthCheck, Port, SecretFile, Service, StackSpec
from components.socket_proxy.stack import VOLUME
from components.swarm.network import OverlayNetwork
from components.traefik.acme import with_resolver
from components.traefik.certificate import SelfSignedCertificate
from components.traefik.certificate_sync import with_synced_certificates
from components.traefik.configuration import configuration_files
from components.traefik.context import TraefikContext
from components.traefik.settings import TraefikSettings

SHOWN_ELSEWHERE = {"acme", "self_signed_days"}  # settings that other components show in a preview


@dataclass(frozen=True, kw_only=True)
class TraefikParts:
    """Resources that Traefik needs."""

    image: pulumi.Input[str]
    networks: Sequence[OverlayNetwork]
    certificate: SelfSignedCertificate
    prometheus_login: Login  # for users of Prometheus' pages
    metrics_login: Login  # for Prometheus, which collects the metrics of Traefik


def traefik(settings: TraefikSettings, context: TraefikContext, parts: TraefikParts) -> StackSpec:
    """Return Traefik on every manager: 80 redirects to 443, 443 serves published services, 8080 serves operators.

    Traefik reads labels through the socket proxy of its own machine, which filters them (see `answers.lua`). S3 has its
    own port beside 443, because its paths are names of buckets. With a single manager, Traefik also requests the
    certificates; with several, the service of `issuer_stack` does.

    Source: Traefik documentation, "Swarm provider", "API & Dashboard"; the compose files of nuvla/deployment.
    """
    static, dynamic, *reserved = configuration_files(settings, context)
    certificate = File(name="certificate", path="/etc/traefik/certificate.pem", content=parts.certificate.cert)
    ports = [Port(published=port.number, target=port.number) for port in (HTTP, HTTPS, TRAEFIK)]
    if context.s3_port is not None:
        ports.append(Port(published=context.s3_port, target=S3.number))
    service = Service(
        name="traefik",
        image=parts.image,
        networks=parts.networks,
        memory_limit_mib=settings.memory_limit_mib,
        health=HealthCheck(command=["traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yaml"]),
        constraints=["node.role==manager"],
        capabilities=["CAP_NET_BIND_SERVICE"],
        files=[static, dynamic, certificate, *reserved],
        secrets=[
            SecretFile(name="certificate-key", content=parts.certificate.key),
            SecretFile(name="prometheus-users", content=parts.prometheus_login.htpasswd),
            SecretFile(name="metrics-users", content=parts.metrics_login.htpasswd),
        ],
        mounts=[VOLUME],
        ports=ports,
    )
    if context.acme is not None:
        service = with_synced_certificates(service) if context.acme.shared else with_resolver(service, context.acme)
    shown = {**asdict(context), **settings.model_dump(exclude=SHOWN_ELSEWHERE)}
    return StackSpec(services=[service], settings=shown)
