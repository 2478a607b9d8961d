"""How the certificates of one manager's Traefik get to the Traefiks of the others, and stay there."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import pulumi

from components import assets
from components.service.spec import File, HealthCheck, Mount, SecretFile, Service, StackSpec, constraint_for_machine
from components.swarm.network import OverlayNetwork
from components.traefik import CERTIFICATE_VOLUME
from components.traefik.acme import ISSUER, AcmeIssuer, with_resolver
from components.traefik.certificate import SelfSignedCertificate
from components.traefik.published import challenge

CERTIFICATE_SOURCE = (
    "traefik-certificates"  # its name is where the certificates are had, and that of its own certificate
)
NETWORK = "traefik-sharing"
CERTIFICATE_REPLICAS = Mount(source=CERTIFICATE_VOLUME, target="/copies")  # of each manager
PORT = 80  # of the issuer, where it answers challenges
HEALTH = HealthCheck.http("http://127.0.0.1:8404/health")
MEMORY_LIMIT_MIB = 64
ROOT = "0"  # the files of certificates are for root alone


def with_synced_certificates(service: Service) -> Service:
    """Traefik as it shows the copied certificates.

    The copies are where it looks for its configuration, since it watches one folder, and none below.
    """
    return replace(
        service, mounts=[*service.mounts, Mount(source=CERTIFICATE_REPLICAS.source, target="/etc/traefik/dynamic")]
    )


def issuer_stack(traefik: StackSpec, acme: AcmeIssuer, networks: Sequence[OverlayNetwork]) -> StackSpec:
    """A Traefik beside those of `traefik`, which gets certificates, and to which those pass challenges.

    To be made after those: an ACME server asks them at once, and after a failure Traefik waits for another change. The
    file of certificates has one writer (traefik/traefik#2025). It reads the same labels, and reaches the server over
    one of `networks`.
    """
    (service,) = traefik.services
    alone = replace(
        service,
        name=ISSUER,
        replicas=1,
        constraints=constraint_for_machine(acme.machine),
        networks=networks,
        ports=(),
        mounts=[mount for mount in service.mounts if mount.source != CERTIFICATE_REPLICAS.source],
        labels=challenge(PORT),
    )
    return StackSpec(services=[with_resolver(alone, acme)], settings=asdict(acme))


def certificate_sync_stack(
    acme: AcmeIssuer, image: pulumi.Input[str], network: OverlayNetwork, tls: SelfSignedCertificate
) -> StackSpec:
    """What brings the certificates to every manager; HAProxy runs the two small programs.

    To be made before what shows them, which would have none for a while. Nothing else is on `network`, and keys travel
    over it by `tls`, whatever network the managers have.
    Source: HAProxy documentation, "Lua API".
    """
    return StackSpec(
        services=[_source(acme, image, network, tls), _copies(image, network, tls)],
        settings={"machine": acme.machine, "storage": acme.storage},
    )


def _source(acme: AcmeIssuer, image: pulumi.Input[str], network: OverlayNetwork, tls: SelfSignedCertificate) -> Service:
    """Reads the issuer's file on its machine."""
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
            File(
                name="haproxy",
                path="/etc/haproxy/certificates.cfg",
                content=assets.read("traefik/files/certificates.cfg"),
            ),
            File(
                name="program",
                path="/etc/haproxy/certificates.lua",
                content=assets.read("traefik/files/certificates.lua"),
            ),
        ],
        secrets=[SecretFile(name="sharing", content=pulumi.Output.secret(pulumi.Output.concat(tls.cert, tls.key)))],
        mounts=[acme.mount(read_only=True)],
    )


def _copies(image: pulumi.Input[str], network: OverlayNetwork, tls: SelfSignedCertificate) -> Service:
    """Asks the source, on every manager."""
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
            File(name="start", path="/etc/haproxy/copies.sh", content=assets.read("traefik/files/copies.sh")),
            File(name="haproxy", path="/etc/haproxy/copies.cfg", content=assets.read("traefik/files/copies.cfg")),
            File(name="program", path="/etc/haproxy/copies.lua", content=assets.read("traefik/files/copies.lua")),
            File(name="sharing", path="/etc/haproxy/sharing.pem", content=tls.cert),
        ],
        mounts=[CERTIFICATE_REPLICAS],
    )
