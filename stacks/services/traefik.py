"""Deployment of Traefik and its certificates."""

from collections.abc import Sequence

import pulumi

from components import catalog
from components.service.stack import ServiceStack
from components.traefik.acme import PRODUCTION, STAGING, AcmeIssuer
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.certificate_report import IssuedCertificates, IssuedCertificatesArgs
from components.traefik.certificate_sync import CERTIFICATE_SOURCE, certificate_sync_stack, issuer_stack
from components.traefik.context import TraefikContext
from components.traefik.published import path_rule
from components.traefik.stack import TraefikParts, traefik
from stacks.config.settings import Settings
from stacks.swarm_platform import SwarmPlatform

SYNC_CERTIFICATE_DAYS = 3650  # so long that nobody has to renew the certificate, which only managers see


def deploy_traefik(platform: SwarmPlatform) -> None:
    """Deploy Traefik on the managers, and with `traefik.acme` the services that request and copy certificates."""
    settings, foundation = platform.settings, platform.foundation
    names = [name for name in (settings.domain, settings.s3_name) if name]
    certificate = SelfSignedCertificate(
        "traefik-certificate",
        SelfSignedCertificateArgs(
            addresses=foundation.addresses(),
            # Traefik skips ACME for names that its default certificate covers.
            names=names if settings.traefik.acme is None else [],
            days=settings.traefik.self_signed_days,
        ),
    )
    acme = _issuer(platform, names)
    spec = traefik(
        settings.traefik,
        _context(settings, acme),
        TraefikParts(
            image=platform.image("traefik"),
            networks=[platform.public, platform.web, platform.monitoring],  # never others: that would replace Traefik
            certificate=certificate,
            prometheus_login=platform.logins["prometheus"],
            metrics_login=platform.metrics_login,
        ),
    )
    depends_on: list[pulumi.Resource] = [foundation.volumes["traefik"].ready] if acme else []
    if acme and acme.shared:
        depends_on.append(_sync_certificates(platform, acme, depends_on))
    stack = platform.stack("traefik", spec, settings.machines.names("manager"), depends_on)
    if acme is None:
        return
    if acme.shared:
        stack = platform.stack("traefik-issuer", issuer_stack(spec, acme, [platform.web]), [acme.machine], [stack])
    IssuedCertificates(
        "traefik-issued",
        IssuedCertificatesArgs(acme=acme, machine=foundation.cluster.machines[acme.machine]),
        pulumi.ResourceOptions.merge(foundation.cluster.child_lifecycle(), pulumi.ResourceOptions(depends_on=[stack])),
    )


def _context(settings: Settings, acme: AcmeIssuer | None) -> TraefikContext:
    return TraefikContext(
        network=settings.swarm.public_network.name,
        s3_port=settings.s3.port if settings.has_s3 else None,
        s3_name=settings.s3_name,
        operators=[str(network) for network in settings.firewall.management],
        consoles=[str(network) for network in settings.firewall.console_users()],
        reserved=[path_rule(service.path) for service in catalog.published(settings.features)],
        acme=acme,
    )


def _issuer(platform: SwarmPlatform, names: list[str]) -> AcmeIssuer | None:
    acme = platform.settings.traefik.acme
    if acme is None:
        return None
    data = platform.foundation.cluster.volumes["traefik"]
    return AcmeIssuer(
        email=acme.email,
        server=acme.server or (STAGING if acme.staging else PRODUCTION),
        server_ca=acme.server_ca,
        names=names,
        machine=data.machine,
        folder=data.path,
        shared=platform.settings.shares_certificates,
    )


def _sync_certificates(
    platform: SwarmPlatform, acme: AcmeIssuer, depends_on: Sequence[pulumi.Resource]
) -> ServiceStack:
    tls = SelfSignedCertificate(
        "traefik-sharing-certificate",
        SelfSignedCertificateArgs(addresses=[], names=[CERTIFICATE_SOURCE], days=SYNC_CERTIFICATE_DAYS),
    )
    spec = certificate_sync_stack(acme, platform.image("haproxy"), platform.network("traefik-sharing"), tls)
    return platform.stack("traefik-copies", spec, platform.settings.machines.names("manager"), depends_on)
