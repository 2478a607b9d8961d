"""Deployment of Traefik and its certificates."""

from collections.abc import Sequence

import pulumi

from components import catalog
from components.errors import NAMESPACE
from components.service.stack import ServiceStack
from components.traefik import CERTIFICATE_KEY
from components.traefik.acme import PRODUCTION, STAGING, AcmeIssuer
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.certificate_copy import own_certificate_stack
from components.traefik.certificate_report import IssuedCertificates, IssuedCertificatesArgs
from components.traefik.certificate_sync import CERTIFICATE_SOURCE, certificate_sync_stack, issuer_stack
from components.traefik.context import TraefikContext
from components.traefik.names import covered
from components.traefik.own_certificate import SETTING, own_names, uncovered
from components.traefik.published import path_rule
from components.traefik.stack import TraefikParts, traefik
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.config.traefik_secrets import dns_credentials
from stacks.swarm_platform import SwarmPlatform

SYNC_CERTIFICATE_DAYS = 3650  # so long that nobody has to renew the certificate, which only managers see


def deploy_traefik(platform: SwarmPlatform, secrets: Secrets) -> None:
    """Deploy Traefik on the managers, and the services that request certificates and copy them to every manager."""
    settings, foundation, managers = platform.settings, platform.foundation, platform.settings.machines.names("manager")
    acme, credentials = _issuer(platform), dns_credentials(secrets)
    spec = traefik(
        settings.traefik,
        _context(settings, acme),
        TraefikParts(
            image=platform.image("traefik"),
            networks=[platform.public, platform.web, platform.monitoring],  # never others: that would replace Traefik
            certificate=None if settings.traefik.certificate else _self_signed(platform),
            prometheus_login=platform.logins["prometheus"],
            metrics_login=platform.metrics_login,
            dns_credentials=credentials,
        ),
    )
    depends_on: list[pulumi.Resource] = [foundation.volumes["traefik"].ready] if acme else []
    if settings.traefik.certificate:
        _warn_of_uncovered_names(settings)
        key, image = secrets[CERTIFICATE_KEY], platform.image("haproxy")
        own = own_certificate_stack(settings.traefik.certificate, key, image)
        depends_on.append(platform.stack("traefik-own-certificate", own, managers))
    if acme and acme.shared:
        depends_on.append(_sync_certificates(platform, acme, depends_on))
    stack = platform.stack("traefik", spec, managers, depends_on)
    if acme is None:
        return
    if acme.shared:
        issuer = issuer_stack(spec, acme, [platform.web], credentials)
        stack = platform.stack("traefik-issuer", issuer, [acme.machine], [stack])
    if acme.certificates():
        IssuedCertificates(
            "traefik-issued",
            IssuedCertificatesArgs(
                acme=acme, machine=foundation.cluster.machines[acme.machine], credentials=list(credentials.values())
            ),
            pulumi.ResourceOptions.merge(
                foundation.cluster.child_lifecycle(), pulumi.ResourceOptions(depends_on=[stack])
            ),
        )


def _self_signed(platform: SwarmPlatform) -> SelfSignedCertificate:
    settings = platform.settings
    return SelfSignedCertificate(
        "traefik-certificate",
        SelfSignedCertificateArgs(
            addresses=platform.foundation.addresses(),
            # Traefik skips ACME for names that its default certificate covers.
            names=settings.served_names if settings.traefik.acme is None else [],
            days=settings.traefik.self_signed_days,
        ),
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
        hands_over=settings.machines.virtual_address is not None,
    )


def _issuer(platform: SwarmPlatform) -> AcmeIssuer | None:
    settings = platform.settings
    acme = settings.traefik.acme
    if acme is None:
        return None
    others = [name for domain in acme.domains for name in (domain.main, *domain.sans)]
    others += own_names(settings.traefik.certificate)
    data = platform.foundation.cluster.volumes["traefik"]
    return AcmeIssuer(
        email=acme.email,
        server=acme.server or (STAGING if acme.staging else PRODUCTION),
        server_ca=acme.server_ca,
        names=[name for name in settings.served_names if not covered(name, others)],
        machine=data.machine,
        folder=data.path,
        shared=settings.shares_certificates,
        domains=[domain.model_dump() for domain in acme.domains] or None,
        dns_challenge=acme.dns_challenge.model_dump() if acme.dns_challenge else None,
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


def _warn_of_uncovered_names(settings: Settings) -> None:
    """Log a warning for the name of S3, if no certificate is for it: its own port may be enough."""
    names = [] if settings.traefik.acme else uncovered(settings.traefik.certificate or "", settings.served_names)
    for name in names:
        pulumi.log.warn(
            f"{NAMESPACE}:{SETTING}: is not for {name}, so that clients of S3 refuse it there; "
            f"add the name or *.{name.partition('.')[2]} to the certificate, or use S3 on port {settings.s3.port} "
            f"by a name that the certificate has"
        )
