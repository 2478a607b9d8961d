"""Certificates of the Docker API: a CA, a server certificate for each manager, and client certificates."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_tls as tls

HOURS_PER_DAY = 24
CA_DAYS = 3650
RENEWAL_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate with its private key and its CA, all PEM."""

    ca: pulumi.Output[str]
    cert: pulumi.Output[str]
    key: pulumi.Output[str]  # secret
    end: pulumi.Output[str]  # end of validity, RFC 3339

    def outputs(self) -> dict[str, pulumi.Output[str]]:
        """Return the certificate as an output of the stack, with all parts secret."""
        return {"ca": pulumi.Output.secret(self.ca), "cert": pulumi.Output.secret(self.cert), "key": self.key}


@dataclass(frozen=True, kw_only=True)
class CertificatesArgs:
    """The holders of certificates, and the lifetimes."""

    generation: int  # a change renews the CA and all certificates
    operator_generation: int = 1  # a change renews only the operator's key and certificate
    nuvla_generation: int = 1  # a change renews only Nuvla's key and certificate
    former_nuvla_end: str | None = None  # end of Nuvla's certificate in the state, if there is one
    server_days: int
    client_days: int
    domain: str | None  # a further name of every server
    servers: Mapping[str, list[pulumi.Input[str]]] = field(default_factory=dict)  # machine -> its addresses

    def own_generations(self) -> dict[str, int]:
        """Return the generations of the certificates that can be renewed alone, by the name of the field."""
        return {"operator_generation": self.operator_generation, "nuvla_generation": self.nuvla_generation}


def end_date(end: str) -> str:
    """Return the date of the end of a certificate."""
    return end.partition("T")[0]


class Certificates(pulumi.ComponentResource):
    """The CA of an infrastructure and the certificates that it signs.

    The program's own client certificate lives as long as the CA, because the Docker provider is configured with both.
    The first update within 30 days of their end renews the certificates of servers, of the operator and of Nuvla. A
    renewed server certificate restarts the engine of its machine. Docker supports no revocation list: a replaced
    certificate stays valid until it ends or the CA is renewed. The update logs a warning when Nuvla's certificate is
    renewed, because an operator has to register it with Nuvla.

    Outputs: ``generation`` (int). The attributes ``program``, ``operator``, ``nuvla`` and ``servers`` hold the
    certificates, ``ends`` the ends of all certificates, ``client_ends`` the ends of the CA and the client certificates.
    Source: Docker documentation, "Protect the Docker daemon socket".
    """

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "generation": args.generation,
            **{field_name: number for field_name, number in args.own_generations().items() if number > 1},
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
        renewal_hook = pulumi.ResourceHook(f"{name}-nuvla-new", self._warn_of_renewal)
        self.nuvla = self._signed(
            "nuvla", "client_auth", args.client_days, hooks=pulumi.ResourceHookBinding(after_create=[renewal_hook])
        )
        clients = {"program": self.program, "operator": self.operator, "nuvla": self.nuvla}
        self.client_ends: dict[str, pulumi.Output[str]] = {"ca": self._ca.validity_end_time}
        self.client_ends |= {holder: certificate.end for holder, certificate in clients.items()}
        self.ends = self.client_ends | {machine: certificate.end for machine, certificate in self.servers.items()}
        self.register_outputs({"generation": args.generation})

    def _warn_of_renewal(self, certificate: pulumi.ResourceHookArgs) -> None:
        former, new = self._args.former_nuvla_end, (certificate.new_outputs or {}).get("validityEndTime")
        if former is not None and new is not None:
            pulumi.log.warn(
                f"Nuvla's certificate is a new one, until {end_date(new)}: register it (pulumi stack output docker "
                f"--show-secrets, docker.nuvla); the old one ends on {end_date(former)}, or has ended with its CA"
            )

    def _key(self, holder: str) -> tls.PrivateKey:
        generation, own = self._args.generation, self._args.own_generations().get(f"{holder}_generation", 1)
        return tls.PrivateKey(
            f"{self._name}-{holder}-key",
            algorithm="ECDSA",
            ecdsa_curve="P256",
            opts=pulumi.ResourceOptions(
                parent=self, replacement_trigger=generation if own == 1 else f"{generation}.{own}"
            ),
        )

    def _signed(
        self,
        holder: str,
        use: str,
        days: int,
        addresses: list[pulumi.Input[str]] | None = None,
        *,
        renewed: bool = True,
        hooks: pulumi.ResourceHookBinding | None = None,
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
            opts=pulumi.ResourceOptions(parent=self, hooks=hooks),
        )
        return Certificate(
            ca=self._ca.cert_pem,
            cert=cert.cert_pem,
            key=pulumi.Output.secret(key.private_key_pem),
            end=cert.validity_end_time,
        )
