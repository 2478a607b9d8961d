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
    end: pulumi.Output[str]  # when it ends, RFC 3339

    def outputs(self) -> dict[str, pulumi.Output[str]]:
        """As an output of the stack: nothing of it in plain text."""
        return {"ca": pulumi.Output.secret(self.ca), "cert": pulumi.Output.secret(self.cert), "key": self.key}


@dataclass(frozen=True, kw_only=True)
class CertificatesArgs:
    """Who gets a certificate, and for how long."""

    generation: int  # another one renews the CA, and with it everything
    operator_generation: int = 1  # another one renews the operator's key and certificate alone
    nuvla_generation: int = 1  # Nuvla's alone
    former_nuvla_end: str | None = None  # when Nuvla's certificate ends that the state has, if it has one
    server_days: int
    client_days: int
    domain: str | None  # a further name of every server
    servers: Mapping[str, list[pulumi.Input[str]]] = field(default_factory=dict)  # machine -> its addresses

    def own_generations(self) -> dict[str, int]:
        """Of those that are renewed without the others, by the name of the field."""
        return {"operator_generation": self.operator_generation, "nuvla_generation": self.nuvla_generation}


def end_date(end: str) -> str:
    """The day of a time of a certificate."""
    return end.partition("T")[0]


class Certificates(pulumi.ComponentResource):
    """The CA of an infrastructure and the certificates that it signed.

    The CA and the program's own client certificate live as long as the CA, because the Docker provider depends on
    them; servers', the operator's and Nuvla's are renewed by the first update within 30 days of their end. A renewed
    server certificate restarts the engine of its machine. Docker knows no list of revoked certificates: what is renewed
    is valid beside what was, until that ends or the CA is another one. Of another one for Nuvla the update tells, as
    somebody has to give it to Nuvla.

    Outputs: ``generation`` (int). Certificates are attributes: ``program``, ``operator``, ``nuvla``, ``servers``; and
    ``ends``, of all of them, and ``client_ends``, of those that are on no machine.
    Source: Docker documentation, "Protect the Docker daemon socket".
    """

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "generation": args.generation,
            **{name: own for name, own in args.own_generations().items() if own > 1},
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
        told = pulumi.ResourceHook(f"{name}-nuvla-new", self._tell_of_nuvlas)
        self.nuvla = self._signed(
            "nuvla", "client_auth", args.client_days, hooks=pulumi.ResourceHookBinding(after_create=[told])
        )
        clients = {"program": self.program, "operator": self.operator, "nuvla": self.nuvla}
        self.client_ends: dict[str, pulumi.Output[str]] = {"ca": self._ca.validity_end_time}
        self.client_ends |= {holder: one.end for holder, one in clients.items()}
        self.ends = self.client_ends | {machine: one.end for machine, one in self.servers.items()}
        self.register_outputs({"generation": args.generation})

    def _tell_of_nuvlas(self, made: pulumi.ResourceHookArgs) -> None:
        former, new = self._args.former_nuvla_end, (made.new_outputs or {}).get("validityEndTime")
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
