"""Self-signed certificates, which Traefik serves for names without a certificate of Let's Encrypt."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_tls as tls

RENEWAL_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class SelfSignedCertificateArgs:
    """The names, addresses and lifetime of a certificate."""

    addresses: Sequence[pulumi.Input[str]]  # of the machines that serve the certificate
    names: Sequence[str]  # DNS names; the first is the subject
    days: int  # lifetime; the first update within 30 days of its end renews the certificate


class SelfSignedCertificate(pulumi.ComponentResource):
    """A self-signed certificate and its key, both in the state.

    Outputs: ``cert`` (str, PEM), ``key`` (str, PEM, secret).
    """

    cert: pulumi.Output[str]
    key: pulumi.Output[str]

    def __init__(self, name: str, args: SelfSignedCertificateArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__(
            "nuvla:traefik:SelfSignedCertificate", name, {"names": list(args.names), "days": args.days}, opts
        )
        child = pulumi.ResourceOptions(parent=self)
        key = tls.PrivateKey(f"{name}-key", algorithm="ECDSA", ecdsa_curve="P256", opts=child)
        cert = tls.SelfSignedCert(
            f"{name}-cert",
            private_key_pem=key.private_key_pem,
            subject=tls.SelfSignedCertSubjectArgs(common_name=args.names[0] if args.names else "nuvla-swarm"),
            dns_names=list(args.names) or None,
            ip_addresses=list(args.addresses),
            allowed_uses=["digital_signature", "server_auth"],
            validity_period_hours=args.days * 24,
            early_renewal_hours=RENEWAL_DAYS * 24,
            opts=child,
        )
        self.cert = cert.cert_pem
        self.key = pulumi.Output.secret(key.private_key_pem)
        self.register_outputs({"cert": self.cert, "key": self.key})
