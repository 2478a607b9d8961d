"""The service of Traefik, which routes requests from outside to the services of a swarm."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

import pulumi

from components.ports import HTTP, HTTPS, S3, TRAEFIK
from components.service.login import Login
from components.service.spec import File, HealthCheck, Port, SecretFile, Service, StackSpec
from components.socket_proxy.stack import VOLUME
from components.swarm.network import OverlayNetwork
from components.traefik.acme import with_resolver
from components.traefik.certificate import SelfSignedCertificate
from components.traefik.certificate_copy import with_own_certificate
from components.traefik.certificate_sync import with_synced_certificates
from components.traefik.configuration import SELF_SIGNED, SELF_SIGNED_KEY, configuration_files
from components.traefik.context import TraefikContext
from components.traefik.settings import TraefikSettings

# Settings that other components show in a preview.
SHOWN_ELSEWHERE = {"acme", "self_signed_days", "certificate", "metrics_login_generation"}

# Settings that a preview shows where they differ from their defaults: a release that brings such a setting changes no
# stack that does without it.
SHOWN_IF_SET = {"access_log_format", "dashboard", "min_tls", "hsts_max_age_s", "trusted_proxies"}


@dataclass(frozen=True, kw_only=True)
class TraefikParts:
    """Resources that Traefik needs."""

    image: pulumi.Input[str]
    networks: Sequence[OverlayNetwork]
    certificate: SelfSignedCertificate | None  # None: the operators' own
    prometheus_login: Login  # for users of Prometheus' pages
    metrics_login: Login  # for Prometheus, which collects the metrics of Traefik
    dns_credentials: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)  # of ACME's DNS challenge


def traefik(settings: TraefikSettings, context: TraefikContext, parts: TraefikParts) -> StackSpec:
    """Return Traefik on every manager: 80 redirects to 443, 443 serves published services, 8080 serves operators.

    Traefik reads labels through the socket proxy of its own machine, which filters them (see `answers.lua`). S3 has its
    own port beside 443, because its paths are names of buckets. With a single manager, Traefik also requests the
    certificates; with several, the service of `issuer_stack` does.

    Source: Traefik documentation, "Swarm provider", "API & Dashboard"; the compose files of nuvla/deployment.
    """
    static, dynamic, *reserved = configuration_files(settings, context)
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
        files=[static, dynamic, *reserved],
        secrets=[
            SecretFile(name="prometheus-users", content=parts.prometheus_login.htpasswd),
            SecretFile(name="metrics-users", content=parts.metrics_login.htpasswd),
        ],
        mounts=[VOLUME],
        ports=ports,
    )
    service = with_own_certificate(service) if parts.certificate is None else _with(service, parts.certificate)
    if context.acme is not None and context.acme.shared:
        service = with_synced_certificates(service)
    elif context.acme is not None:
        service = with_resolver(service, context.acme, parts.dns_credentials)
    return StackSpec(services=[service], settings={**_shown(context), **shown(settings)})


def shown(settings: TraefikSettings) -> dict[str, Any]:
    """Return the settings that a preview shows on Traefik's component."""
    defaults = {name: field.default for name, field in TraefikSettings.model_fields.items()}
    silent = {name for name in SHOWN_IF_SET if getattr(settings, name) == defaults[name]}
    return settings.model_dump(mode="json", exclude=SHOWN_ELSEWHERE | silent)


def _shown(context: TraefikContext) -> dict[str, Any]:
    """Return the values of the infrastructure that a preview shows, `hands_over` only where it is so."""
    values = asdict(context)
    return values if context.hands_over else {name: value for name, value in values.items() if name != "hands_over"}


def _with(service: Service, certificate: SelfSignedCertificate) -> Service:
    """Return Traefik with a self-signed certificate as its default one.

    The order of files and secrets is that of running stacks.
    """
    static, dynamic, *others = service.files
    file = File(name="certificate", path=SELF_SIGNED, content=certificate.cert)
    key = SecretFile(name=PurePosixPath(SELF_SIGNED_KEY).name, content=certificate.key)
    return replace(service, files=[static, dynamic, file, *others], secrets=[key, *service.secrets])
