"""A report at the end of an update on which certificates the ACME server has issued."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi

from components.machines.machine import Machine
from components.traefik.acme import ISSUER, AcmeIssuer


@dataclass(frozen=True, kw_only=True)
class IssuedCertificatesArgs:
    """The ACME account and the machine that stores its certificates."""

    acme: AcmeIssuer
    machine: Machine


class IssuedCertificates(pulumi.ComponentResource):
    """A command that reports on the certificates of the infrastructure's own names whenever their settings change.

    It waits up to a minute for them. The update's output names the certificates that were issued; for each that is
    missing, it quotes the last error that Traefik logged.
    Errors: none, on purpose: an update must not depend on somebody else's server.
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
