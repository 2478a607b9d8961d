"""Traefik, the entry to the services of a swarm."""

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

SHOWN_ELSEWHERE = {"acme", "self_signed_days"}  # by other components


@dataclass(frozen=True, kw_only=True)
class TraefikContext:
    """The infrastructure as Traefik sees it: plain values, which a preview shows."""

    network: str  # name of the network of the published services
    s3_port: int | None  # of the machines, where S3 is published
    s3_name: str | None  # by which S3 is reached on 443
    operators: Sequence[str]  # networks that 8080 is for, "192.0.2.0/24"
    consoles: Sequence[str]  # networks that the program's own pages are for
    reserved: Sequence[str]  # rules of what is the program's on 443, "Path(`/grafana`)"
    acme: AcmeIssuer | None = None  # self-signed certificates only if unset


@dataclass(frozen=True, kw_only=True)
class TraefikParts:
    """Resources that Traefik runs on and with."""

    image: pulumi.Input[str]
    networks: Sequence[OverlayNetwork]
    certificate: SelfSignedCertificate
    prometheus_login: Login  # for those who look at Prometheus
    metrics_login: Login  # for Prometheus, as it collects the metrics of Traefik


def traefik(settings: TraefikSettings, context: TraefikContext, parts: TraefikParts) -> StackSpec:
    """Traefik on every manager: 80 redirects to 443, which serves what labels publish; 8080 is for the operators.

    It learns of labels what the proxy of its own machine lets through (see `answers.lua`). The S3 service has a port
    of its own beside 443, since its paths are its buckets. Of one manager, it gets certificates too; for several, see
    `issuing`.

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
