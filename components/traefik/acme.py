"""Certificates of Let's Encrypt or another ACME server, requested by the Traefik of one manager."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from components import assets
from components.service.spec import File, Mount, Service, constraint_for_machine

ISSUER = "traefik-issuer"
FOLDER = "/acme"  # in the container; holds the account and the certificates
CA_PATH = "/etc/traefik/acme-server.pem"
PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"
STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True, kw_only=True)
class AcmeIssuer:
    """An ACME account, the names that need certificates, and where Traefik stores both: plain values."""

    email: str  # of the account
    server: str  # URL of the ACME server's directory
    server_ca: str | None  # PEM of the CA that verifies the server; the CAs of the system if unset
    names: Sequence[str]  # each gets a certificate
    machine: str  # manager that stores the account and the certificates
    folder: str  # of that machine, for account and certificates
    shared: bool  # whether other managers need the certificates

    @property
    def storage(self) -> str:
        """Path of the storage file in the container, one for each ACME server: none renews another's certificates."""
        suffix = "" if self.server == PRODUCTION else f"-{urlsplit(self.server).hostname}"
        return f"{FOLDER}/acme{suffix}.json"

    def mount(self, *, read_only: bool = False) -> Mount:
        """Return the mount of the folder for the services that read or write the storage file."""
        return Mount(type="bind", source=self.folder, target=FOLDER, read_only=read_only)


def with_resolver(service: Service, acme: AcmeIssuer) -> Service:
    """Return Traefik as the service that requests certificates, answers challenges and writes the storage file.

    Source: Traefik documentation, "ACME".
    """
    resolver = assets.render(
        "traefik/files/acme.yaml",
        {
            "email": acme.email,
            "server": acme.server,
            "ca_certificates": json.dumps([CA_PATH] if acme.server_ca else []),
            "storage": acme.storage,
        },
    )
    names = json.dumps([{"main": name} for name in acme.names])
    domain = assets.render("traefik/files/domain.yaml", {"domains": names})
    files = [
        replace(file, content=f"{file.content}\n{resolver}") if file.name == "static" else file
        for file in service.files
    ]
    files.append(File(name="domain", path="/etc/traefik/dynamic/domain.yaml", content=domain))
    if acme.server_ca:
        files.append(File(name="acme-server", path=CA_PATH, content=acme.server_ca))
    # Only this machine has the folder; the constraint on the role would also allow managers that are yet to be demoted.
    return replace(
        service, files=files, mounts=[*service.mounts, acme.mount()], constraints=constraint_for_machine(acme.machine)
    )
