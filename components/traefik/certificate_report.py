"""What tells at the end of an update whether certificates have been issued."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi

from components.machines.machine import Machine
from components.traefik.acme import ISSUER, AcmeIssuer


@dataclass(frozen=True, kw_only=True)
class IssuedCertificatesArgs:
    """Which certificates, and where they are kept."""

    acme: AcmeIssuer
    machine: Machine  # that keeps them


class IssuedCertificates(pulumi.ComponentResource):
    """A look at the certificates of the infrastructure's own names, each time that something of them is changed.

    It says in the update's output which have been issued, and otherwise what the ACME server had against them.
    Errors: none, and that on purpose: the update does not depend on a server of others.
    """

    def __init__(self, name: str, args: IssuedCertificatesArgs, opts: pulumi.ResourceOptions | None = None):
        acme = args.acme
        super().__init__("nuvla:traefik:IssuedCertificates", name, {"names": list(acme.names)}, opts)
        args.machine.command(
            f"{name}-look",
            "traefik/scripts/issued.sh",
            {
                "NAMES": " ".join(acme.names),
                "SERVER": acme.server,
                "STORAGE": f"{acme.folder}/{PurePosixPath(acme.storage).name}",
                "SERVICE": ISSUER if acme.shared else "traefik",
            },
            pulumi.ResourceOptions(parent=self),
            triggers=[args.machine.data_generation],
        )
        self.register_outputs({})
