"""The service of Traefik, which routes requests from outside to the services of a swarm."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pulumi

from components import assets
from components.ports import HTTP, HTTPS, S3, TRAEFIK
from components.service.login import Login
from components.service.spec import File, HealthCheck, Port, SecretFile, Service, StackSpec
from components.socket_proxy.stack import SOCKET, VOLUME
from components.swarm.network import OverlayNetwork
from components.traefik import published
from components.traefik.acme import AcmeIssuer, with_resolver
from components.traefik.certificate import SelfSignedCertificate
from components.traefik.certificate_sync import with_synced_certificates
from components.traefik.settings import TraefikSettings

SHOWN_ELSEWHERE = {"acme", "self_signed_days"}  # settings that other components show in a preview


@dataclass(frozen=True, kw_only=True)
class TraefikContext:
    """Plain values of the rest of the stack that Traefik needs; a preview shows them."""

    network: str  # name of the network of applications
    s3_port: int | None  # port of the machines that publishes S3; None without S3
    s3_name: str | None  # host name of S3 on 443
    operators: Sequence[str]  # source networks of port 8080, "192.0.2.0/24"
    consoles: Sequence[str]  # source networks of the program's own pages
    reserved: Sequence[str]  # rules of the program's own paths on 443, "Path(`/grafana`)"
    acme: AcmeIssuer | None = None  # None: only self-signed certificates


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
    static = assets.render(
        "traefik/files/traefik.yaml",
        {
            "web_port": str(HTTP.number),
            "websecure_port": str(HTTPS.number),
            "s3_port": str(S3.number),
            "traefik_port": str(TRAEFIK.number),
            "network": context.network,
            "docker": SOCKET,
            "log_level": settings.log_level,
            "access_log": "{}" if settings.access_log else "null",
        },
    )
    ports = [Port(published=port.number, target=port.number) for port in (HTTP, HTTPS, TRAEFIK)]
    if context.s3_port is not None:
        ports.append(Port(published=context.s3_port, target=S3.number))
    dynamic = assets.render(
        "traefik/files/dynamic.yaml",
        {"operators": json.dumps(list(context.operators)), "consoles": json.dumps(list(context.consoles))},
    )
    files: dict[str, tuple[str, pulumi.Input[str]]] = {
        "static": ("/etc/traefik/traefik.yaml", static),
        "dynamic": ("/etc/traefik/dynamic/dynamic.yaml", dynamic),
        "certificate": ("/etc/traefik/certificate.pem", parts.certificate.cert),
    }
    if context.reserved:
        rule = json.dumps(" || ".join(context.reserved))
        reserved = assets.render("traefik/files/reserved.yaml", {"rule": rule})
        files["reserved"] = ("/etc/traefik/dynamic/reserved.yaml", reserved)
    for entry_point, host in published.s3_hosts(context.s3_name).items() if context.s3_port is not None else ():
        rule = json.dumps(f"HostSNI(`{host}`)")
        reserved = assets.render("traefik/files/reserved_s3.yaml", {"entry_point": entry_point, "rule": rule})
        files[f"reserved-{entry_point}"] = (f"/etc/traefik/dynamic/reserved-{entry_point}.yaml", reserved)
    service = Service(
        name="traefik",
        image=parts.image,
        networks=parts.networks,
        memory_limit_mib=settings.memory_limit_mib,
        health=HealthCheck(command=["traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yaml"]),
        constraints=["node.role==manager"],
        capabilities=["CAP_NET_BIND_SERVICE"],
        files=[File(name=name, path=path, content=content) for name, (path, content) in files.items()],
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
