"""The service that gives an operator's own certificate to the Traefiks of all managers."""

from dataclasses import replace

import pulumi

from components.service.spec import File, Mount, SecretFile, Service, StackSpec
from components.traefik import CERTIFICATE_VOLUME
from components.traefik.certificate_sync import CERTIFICATE_REPLICAS, DYNAMIC, HEALTH, MEMORY_LIMIT_MIB, ROOT

SERVICE = "traefik-own-certificate"
MOUNT = Mount(
    source=CERTIFICATE_VOLUME, target="/certificates", read_only=True
)  # of Traefiks that read the certificate
PATH = f"{MOUNT.target}/own.pem"  # in the containers of Traefik: certificate, chain and key


def with_own_certificate(service: Service) -> Service:
    """Return Traefik with the certificate of this machine's volume as its default one, and no self-signed one.

    Traefik watches its folder of dynamic configuration alone, so the volume is mounted there too: Traefik notices a new
    certificate, and serves it without a restart.
    """
    return replace(service, mounts=[*service.mounts, MOUNT, DYNAMIC])


def own_certificate_stack(certificate: str, key: pulumi.Output[str], image: pulumi.Input[str]) -> StackSpec:
    """Return a service on each manager that writes the certificate, its chain and its key into the machine's volume.

    Deploy it before Traefik, which would otherwise start without a certificate. The service stays, so that Swarm also
    starts it on managers that join, and again after a change.
    """
    service = Service(
        name=SERVICE,
        image=image,
        networks=[],
        memory_limit_mib=MEMORY_LIMIT_MIB,
        health=HEALTH,
        constraints=["node.role==manager"],
        command=["/bin/sh", "/etc/haproxy/own_certificate.sh"],
        user=ROOT,
        files=[
            File.copy("traefik/files/own_certificate.sh", "program", "/etc/haproxy/own_certificate.sh"),
            File.copy("traefik/files/own_certificate.cfg", "haproxy", "/etc/haproxy/own_certificate.cfg"),
            File(name="certificate", path="/etc/traefik/certificate.pem", content=certificate),
        ],
        secrets=[SecretFile(name="key", content=key)],
        mounts=[CERTIFICATE_REPLICAS],
    )
    return StackSpec(services=[service], settings={"certificate": certificate})
