"""The services that copy certificates from the manager that requests them to the Traefiks of all managers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import pulumi

from components.service.spec import File, HealthCheck, Mount, SecretFile, Service, StackSpec, constraint_for_machine
from components.swarm.network import OverlayNetwork
from components.traefik import CERTIFICATE_VOLUME
from components.traefik.acme import ISSUER, AcmeIssuer, with_resolver
from components.traefik.certificate import SelfSignedCertificate
from components.traefik.published import challenge

CERTIFICATE_SOURCE = "traefik-certificates"  # DNS name of the service, and subject of its TLS certificate
NETWORK = "traefik-sharing"
CERTIFICATE_REPLICAS = Mount(source=CERTIFICATE_VOLUME, target="/copies")  # on each manager
DYNAMIC = Mount(source=CERTIFICATE_VOLUME, target="/etc/traefik/dynamic")  # of Traefik
CHALLENGE_PORT = 80  # of the issuer
HEALTH = HealthCheck.http("http://127.0.0.1:8404/health")
MEMORY_LIMIT_MIB = 64
ROOT = "0"  # only root may read the files of certificates


def with_synced_certificates(service: Service) -> Service:
    """Return Traefik with the certificate replicas in its folder of dynamic configuration.

    Traefik watches that folder and none below it, so the replicas are mounted over the folder itself.
    """
    return replace(service, mounts=[*(mount for mount in service.mounts if mount != DYNAMIC), DYNAMIC])


def issuer_stack(
    traefik: StackSpec,
    acme: AcmeIssuer,
    networks: Sequence[OverlayNetwork],
    credentials: Mapping[str, pulumi.Output[str]],
) -> StackSpec:
    """Return a single Traefik that requests certificates, and to which the Traefiks of `traefik` route challenges.

    Deploy it after `traefik`: the ACME server sends its challenges at once, and after a failure Traefik does not retry
    before its configuration changes. A single Traefik writes the storage file (traefik/traefik#2025). The issuer reads
    the same labels, and reaches the ACME server over one of `networks`. `credentials` are the DNS provider's, by lego's
    variables.
    """
    (service,) = traefik.services
    issuer = replace(
        service,
        name=ISSUER,
        replicas=1,
        constraints=constraint_for_machine(acme.machine),
        networks=networks,
        ports=(),
        mounts=[mount for mount in service.mounts if mount != DYNAMIC],
        labels=challenge(CHALLENGE_PORT) if acme.dns_challenge is None else {},
    )
    return StackSpec(services=[with_resolver(issuer, acme, credentials)], settings=asdict(acme))


def certificate_sync_stack(
    acme: AcmeIssuer, image: pulumi.Input[str], network: OverlayNetwork, tls: SelfSignedCertificate
) -> StackSpec:
    """Return the services that copy the certificates to every manager; both run Lua programs in HAProxy.

    Deploy it before `traefik`, whose Traefiks would otherwise start without certificates. Only these services are on
    `network`, and `tls` encrypts the keys on the way, whatever network connects the managers.
    Source: HAProxy documentation, "Lua API".
    """
    return StackSpec(
        services=[_certificate_source(acme, image, network, tls), _certificate_replicas(image, network, tls)],
        settings={"machine": acme.machine, "storage": acme.storage},
    )


def _certificate_source(
    acme: AcmeIssuer, image: pulumi.Input[str], network: OverlayNetwork, tls: SelfSignedCertificate
) -> Service:
    """Return the service that reads the storage file on the issuer's machine and serves the certificates."""
    return Service(
        name=CERTIFICATE_SOURCE,
        image=image,
        networks=[network],
        memory_limit_mib=MEMORY_LIMIT_MIB,
        health=HEALTH,
        replicas=1,
        constraints=constraint_for_machine(acme.machine),
        command=["haproxy", "-W", "-db", "-f", "/etc/haproxy/certificates.cfg"],
        env={"STORAGE": acme.storage},
        user=ROOT,
        capabilities=["CAP_NET_BIND_SERVICE"],
        files=[
            File.copy("traefik/files/certificates.cfg", "haproxy", "/etc/haproxy/certificates.cfg"),
            File.copy("traefik/files/certificates.lua", "program", "/etc/haproxy/certificates.lua"),
        ],
        secrets=[SecretFile(name="sharing", content=pulumi.Output.secret(pulumi.Output.concat(tls.cert, tls.key)))],
        mounts=[acme.mount(read_only=True)],
    )


def _certificate_replicas(image: pulumi.Input[str], network: OverlayNetwork, tls: SelfSignedCertificate) -> Service:
    """Return the service that fetches the certificates on every manager and writes them where Traefik reads them."""
    return Service(
        name="traefik-copies",
        image=image,
        networks=[network],
        memory_limit_mib=MEMORY_LIMIT_MIB,
        health=HEALTH,
        constraints=["node.role==manager"],
        command=["/bin/sh", "/etc/haproxy/copies.sh"],
        user=ROOT,
        files=[
            File.copy("traefik/files/copies.sh", "start", "/etc/haproxy/copies.sh"),
            File.copy("traefik/files/copies.cfg", "haproxy", "/etc/haproxy/copies.cfg"),
            File.copy("traefik/files/copies.lua", "program", "/etc/haproxy/copies.lua"),
            File(name="sharing", path="/etc/haproxy/sharing.pem", content=tls.cert),
        ],
        mounts=[CERTIFICATE_REPLICAS],
    )
