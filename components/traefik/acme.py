"""Certificates of Let's Encrypt: how Traefik gets them, and which one does where there are several."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from components import assets
from components.service.spec import File, Mount, Service, constraint_for_machine

ISSUER = "traefik-issuer"
FOLDER = "/acme"  # in the container, with the account and the certificates
CA_PATH = "/etc/traefik/acme-server.pem"
PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"
STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True, kw_only=True)
class AcmeIssuer:
    """Who issues which certificates, and where they are kept: plain values."""

    email: str  # of the account
    server: str  # URL of its directory
    server_ca: str | None  # PEM: whom to trust when the server is asked; the system's if unset
    names: Sequence[str]  # that get a certificate each
    machine: str  # the manager that keeps the account and the certificates
    folder: str  # of that machine, in which it does
    shared: bool  # whether there are other managers

    @property
    def storage(self) -> str:
        """Path of the file in the container; each server has one, as none would renew what another issued."""
        suffix = "" if self.server == PRODUCTION else f"-{urlsplit(self.server).hostname}"
        return f"{FOLDER}/acme{suffix}.json"

    def mount(self, *, read_only: bool = False) -> Mount:
        """Its folder, as the services that read or write there see it."""
        return Mount(type="bind", source=self.folder, target=FOLDER, read_only=read_only)


def with_resolver(service: Service, acme: AcmeIssuer) -> Service:
    """The service as the one that gets certificates, answers challenges and writes the one file that is for both.

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
    # The folder is on that machine alone, also while others are still managers that will not be.
    return replace(
        service, files=files, mounts=[*service.mounts, acme.mount()], constraints=constraint_for_machine(acme.machine)
    )
