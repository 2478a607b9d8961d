"""Traefik, the reverse proxy in front of the services, and its certificates."""

from components import ports
from components.manifest import DefaultImage, HostTraces, Manifest, Monitored, StoredData

CERTIFICATE_VOLUME = "traefik-certificates"  # volume of each manager that holds replicas of the certificates
CERTIFICATE_KEY = "traefik_certificate_key"
DNS_CREDENTIALS = "traefik_dns_credentials"
ALIVE_PATH = "/nuvla-swarm/alive"  # on port 80: 503 from when Traefik is asked to stop

MANIFEST = Manifest(
    images={
        "traefik": DefaultImage(reference="traefik:v3.7.14", description="Traefik, 3.7 or newer", service="traefik")
    },
    data={
        "traefik": StoredData(
            description="accounts and certificates of Let's Encrypt",
            owner="0:0",
            machine="acme_machine",
            feature="acme",
        )
    },
    ports=[ports.HTTP, ports.HTTPS, ports.TRAEFIK, ports.S3],
    secrets={
        CERTIFICATE_KEY: "private key of `traefik.certificate`, in PEM, without passphrase",
        DNS_CREDENTIALS: "login at the provider of `traefik.acme.dns_challenge`: JSON object of lego's variables",
    },
    host_traces=HostTraces(volumes=[CERTIFICATE_VOLUME]),
    monitoring=Monitored(rules=["traefik", "certificates"], dashboard="traefik"),
)
