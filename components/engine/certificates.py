"""Certificates for the Docker API of the managers: one CA, a server certificate each, and the clients'."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_tls as tls

HOURS_PER_DAY = 24
CA_DAYS = 3650
RENEWAL_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate and what is needed to use it, all PEM."""

    ca: pulumi.Output[str]
    cert: pulumi.Output[str]
    key: pulumi.Output[str]  # secret

    def outputs(self) -> dict[str, pulumi.Output[str]]:
        """As an output of the stack: nothing of it in plain text."""
        return {"ca": pulumi.Output.secret(self.ca), "cert": pulumi.Output.secret(self.cert), "key": self.key}


@dataclass(frozen=True, kw_only=True)
class CertificatesArgs:
    """Who gets a certificate, and for how long."""

    generation: int  # another one renews the CA, and with it everything
    server_days: int
    client_days: int
    domain: str | None  # a further name of every server
    servers: Mapping[str, list[pulumi.Input[str]]] = field(default_factory=dict)  # machine -> its addresses


class Certificates(pulumi.ComponentResource):
    """The CA of an infrastructure and the certificates that it signed.

    The CA and the program's own client certificate live as long as the CA, because the Docker provider depends on
    them; servers', the operator's and Nuvla's are renewed by the first update within 30 days of their end. A renewed
    server certificate restarts the engine of its machine.

    Outputs: ``generation`` (int). Certificates are attributes: ``program``, ``operator``, ``nuvla``, ``servers``.
    Source: Docker documentation, "Protect the Docker daemon socket".
    """

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "generation": args.generation,
            "server_days": args.server_days,
            "client_days": args.client_days,
            "domain": args.domain,
            "servers": list(args.servers),
        }
        super().__init__("nuvla:engine:Certificates", name, props, opts)
        self._name = name
        self._args = args
        self._ca_key = self._key("ca")
        self._ca = tls.SelfSignedCert(
            f"{name}-ca",
            private_key_pem=self._ca_key.private_key_pem,
            subject=tls.SelfSignedCertSubjectArgs(common_name="nuvla-swarm CA"),
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=CA_DAYS * HOURS_PER_DAY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.servers = {
            machine: self._signed(machine, "server_auth", args.server_days, addresses)
            for machine, addresses in args.servers.items()
        }
        self.program = self._signed("program", "client_auth", CA_DAYS, renewed=False)
        self.operator = self._signed("operator", "client_auth", args.client_days)
        self.nuvla = self._signed("nuvla", "client_auth", args.client_days)
        self.register_outputs({"generation": args.generation})

    def _key(self, holder: str) -> tls.PrivateKey:
        return tls.PrivateKey(
            f"{self._name}-{holder}-key",
            algorithm="ECDSA",
            ecdsa_curve="P256",
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=self._args.generation),
        )

    def _signed(
        self,
        holder: str,
        use: str,
        days: int,
        addresses: list[pulumi.Input[str]] | None = None,
        *,
        renewed: bool = True,
    ) -> Certificate:
        key = self._key(holder)
        domain = self._args.domain
        request = tls.CertRequest(
            f"{self._name}-{holder}-request",
            private_key_pem=key.private_key_pem,
            subject=tls.CertRequestSubjectArgs(common_name=holder),
            ip_addresses=addresses,
            dns_names=[domain] if domain and addresses else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        cert = tls.LocallySignedCert(
            f"{self._name}-{holder}-cert",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=self._ca_key.private_key_pem,
            ca_cert_pem=self._ca.cert_pem,
            allowed_uses=["digital_signature", use],
            validity_period_hours=days * HOURS_PER_DAY,
            early_renewal_hours=RENEWAL_DAYS * HOURS_PER_DAY if renewed else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return Certificate(ca=self._ca.cert_pem, cert=cert.cert_pem, key=pulumi.Output.secret(key.private_key_pem))
