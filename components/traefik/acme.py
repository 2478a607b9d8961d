"""Certificates of Let's Encrypt or another ACME server, requested by the Traefik of one manager."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pulumi

from components import assets
from components.service.spec import File, Mount, SecretFile, Service, constraint_for_machine

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
    names: Sequence[str]  # each gets a certificate of its own
    machine: str  # manager that stores the account and the certificates
    folder: str  # of that machine, for account and certificates
    shared: bool  # whether other managers need the certificates
    domains: Sequence[Mapping[str, Any]] | None = None  # further certificates, each with its names: `main` and `sans`
    dns_challenge: Mapping[str, Any] | None = None  # settings of the DNS challenge; None: the HTTP challenge

    @property
    def storage(self) -> str:
        """Path of the storage file in the container, one for each ACME server: none renews another's certificates."""
        suffix = "" if self.server == PRODUCTION else f"-{urlsplit(self.server).hostname}"
        return f"{FOLDER}/acme{suffix}.json"

    def certificates(self) -> list[Mapping[str, Any]]:
        """Return the names of each certificate, as Traefik takes them."""
        return [*({"main": name} for name in self.names), *(self.domains or [])]

    def mount(self, *, read_only: bool = False) -> Mount:
        """Return the mount of the folder for the services that read or write the storage file."""
        return Mount(type="bind", source=self.folder, target=FOLDER, read_only=read_only)


def with_resolver(service: Service, acme: AcmeIssuer, credentials: Mapping[str, pulumi.Output[str]]) -> Service:
    """Return Traefik as the service that requests certificates, answers challenges and writes the storage file.

    `credentials` are those of the DNS provider, by lego's variables. Each is a secret file, and lego reads it by the
    variable with `_FILE` behind its name: Docker's API shows variables to everybody who may list services.
    Source: Traefik documentation, "ACME"; lego documentation, "Environment Variables: Value or File".
    """
    files = [
        replace(file, content=f"{file.content}\n{_resolver(acme)}") if file.name == "static" else file
        for file in service.files
    ]
    if acme.certificates():
        domain = assets.render("traefik/files/domain.yaml", {"domains": json.dumps(acme.certificates())})
        files.append(File(name="domain", path="/etc/traefik/dynamic/domain.yaml", content=domain))
    if acme.server_ca:
        files.append(File(name="acme-server", path=CA_PATH, content=acme.server_ca))
    logins = {variable: f"dns-{variable.lower().replace('_', '-')}" for variable in sorted(credentials)}
    # Only this machine has the folder; the constraint on the role would also allow managers that are yet to be demoted.
    return replace(
        service,
        files=files,
        secrets=[
            *service.secrets,
            *(SecretFile(name=name, content=credentials[variable]) for variable, name in logins.items()),
        ],
        env={**service.env, **{f"{variable}_FILE": f"/run/secrets/{name}" for variable, name in logins.items()}},
        mounts=[*service.mounts, acme.mount()],
        constraints=constraint_for_machine(acme.machine),
    )


def _resolver(acme: AcmeIssuer) -> str:
    """Return what the static configuration of a Traefik that requests certificates has beside that of the others."""
    values = {
        "email": acme.email,
        "server": acme.server,
        "ca_certificates": json.dumps([CA_PATH] if acme.server_ca else []),
        "storage": acme.storage,
    }
    if acme.dns_challenge is None:
        return assets.render("traefik/files/acme.yaml", values)
    challenge = acme.dns_challenge
    values |= {
        "provider": challenge["provider"],
        "resolvers": json.dumps(challenge["resolvers"]),
        "delay_s": str(challenge["delay_s"]),
        "disable_checks": json.dumps(challenge["check"] == "none"),
        "disable_authoritative": json.dumps(challenge["check"] != "authoritative"),
        "require_resolvers": json.dumps(challenge["check"] == "resolvers"),
    }
    return assets.render("traefik/files/acme_dns.yaml", values)
