"""A report at the end of an update on which certificates the ACME server has issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi

from components.machines.machine import Machine
from components.traefik.acme import ISSUER, AcmeIssuer

PATIENCE_S = 60
DNS_PATIENCE_S = 180


@dataclass(frozen=True, kw_only=True)
class IssuedCertificatesArgs:
    """The ACME account and the machine that stores its certificates."""

    acme: AcmeIssuer
    machine: Machine
    credentials: Sequence[pulumi.Output[str]] = ()  # of the DNS provider; with others, the command reports again


class IssuedCertificates(pulumi.ComponentResource):
    """A command that reports on the certificates of the infrastructure's own names whenever their settings change.

    It waits up to a minute for them; with the DNS challenge three minutes, as DNS servers take longer. The update's
    output names the certificates that were issued; for each that is missing, it quotes the last error that Traefik
    logged.
    Errors: none, on purpose: an update must not depend on somebody else's server.
    """

    def __init__(self, name: str, args: IssuedCertificatesArgs, opts: pulumi.ResourceOptions | None = None):
        acme = args.acme
        names = [certificate["main"] for certificate in acme.certificates()]
        super().__init__("nuvla:traefik:IssuedCertificates", name, {"names": names}, opts)
        delay_s = acme.dns_challenge["delay_s"] if acme.dns_challenge else 0
        args.machine.command(
            f"{name}-look",
            "traefik/scripts/issued.sh",
            {
                "NAMES": " ".join(names),
                "PROVIDER": acme.dns_challenge["provider"] if acme.dns_challenge else "",
                "PATIENCE_S": str(DNS_PATIENCE_S + delay_s if acme.dns_challenge else PATIENCE_S),
                "SERVER": acme.server,
                "STORAGE": f"{acme.folder}/{PurePosixPath(acme.storage).name}",
                "SERVICE": ISSUER if acme.shared else "traefik",
            },
            pulumi.ResourceOptions(parent=self),
            triggers=[args.machine.data_generation, *args.credentials],
        )
        self.register_outputs({})
