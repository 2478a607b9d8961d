"""Certificates of the Docker API: a CA, a server certificate for each manager, and client certificates."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pulumi
import pulumi_tls as tls

from components.engine.authorities import CA_DAYS, HOURS_PER_DAY, Authority, authority, cross_signed, joined
from components.generations import Generations
from components.kept_outputs import keep_outputs

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
    former_generation: int | None = None  # of the CA whose clients are accepted too, and who still accept the servers
    unnumbered_generation: int = 1  # of the CA whose resources have names without a number
    server_generation: int = 1  # a change renews only the servers' keys and certificates
    operator_generation: int = 1  # a change renews only the operator's key and certificate
    nuvla_generation: int = 1  # a change renews only Nuvla's key and certificate
    program_generation: int = 1  # a change renews only the program's key and certificate
    former_nuvla_end: str | None = None  # end of Nuvla's certificate in the state, if there is one
    server_days: int
    client_days: int
    domain: str | None  # a further name of every server
    servers: Mapping[str, list[pulumi.Input[str]]] = field(default_factory=dict)  # machine -> its addresses

    def own_generations(self) -> dict[str, int]:
        """Return the generations of the certificates that can be renewed alone, by the name of the field."""
        return {
            "server_generation": self.server_generation,
            "operator_generation": self.operator_generation,
            "nuvla_generation": self.nuvla_generation,
            "program_generation": self.program_generation,
        }

    def authorities(self) -> Generations:
        """Return the generations of the CA."""
        return Generations(
            current=self.generation, former=self.former_generation, unnumbered=self.unnumbered_generation
        )


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

    With a former generation, no client notices the new CA: servers accept the clients of both CAs, and send, beside
    their certificate of the new CA, one of the former CA for the new CA, so that who knows only one of both accepts
    them. Without it, the former CA's clients are refused from then on.

    Outputs: ``generation`` (int), ``unnumbered`` (int), the generation of the CA whose resources have names without a
    number. The attributes ``program``, ``operator``, ``nuvla`` and ``servers`` hold the
    certificates, ``ends`` the ends of all certificates, ``client_ends`` the ends of the CA and the client certificates.
    Source: Docker documentation, "Protect the Docker daemon socket"; RFC 5280, section 3.2, "cross-certificates".
    """

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None):
        props = {
            "generation": args.generation,
            **({} if args.former_generation is None else {"former_generation": args.former_generation}),
            **{field_name: number for field_name, number in args.own_generations().items() if number > 1},
            "server_days": args.server_days,
            "client_days": args.client_days,
            "domain": args.domain,
            "servers": list(args.servers),
        }
        super().__init__("nuvla:engine:Certificates", name, props, opts)
        self._name = name
        self._args = args
        generations = args.authorities()
        valid = [authority(f"{name}-ca", generations, generation, self) for generation in generations.valid]
        self._ca, *former = valid
        accepted = joined([ca.cert for ca in valid])
        chain = [cross_signed(f"{name}-ca-crossed", self._ca, ca, self) for ca in former]
        self.servers = {
            machine: replace(signed, ca=accepted, cert=joined([signed.cert, *chain]))
            for machine, addresses in args.servers.items()
            for signed in [self._signed(machine, "server_auth", args.server_days, addresses)]
        }
        # Of the former CA as long as that is valid, so that engines accept it at any moment, before they restart too.
        self.program = self._signed(
            "program", "client_auth", CA_DAYS, renewed=False, ca=valid[-1], generation=generations.valid[-1]
        )
        self.operator = self._signed("operator", "client_auth", args.client_days)
        renewal_hook = pulumi.ResourceHook(f"{name}-nuvla-new", self._warn_of_renewal)
        self.nuvla = self._signed(
            "nuvla", "client_auth", args.client_days, hooks=pulumi.ResourceHookBinding(after_create=[renewal_hook])
        )
        clients = {"program": self.program, "operator": self.operator, "nuvla": self.nuvla}
        self.client_ends: dict[str, pulumi.Output[str]] = {"ca": self._ca.end}
        self.client_ends |= {holder: certificate.end for holder, certificate in clients.items()}
        self.ends = self.client_ends | {machine: certificate.end for machine, certificate in self.servers.items()}
        keep_outputs(self, {"generation": args.generation, "unnumbered": args.unnumbered_generation})

    def _warn_of_renewal(self, certificate: pulumi.ResourceHookArgs) -> None:
        former, new = self._args.former_nuvla_end, (certificate.new_outputs or {}).get("validityEndTime")
        if former is not None and new is not None:
            pulumi.log.warn(
                f"Nuvla's certificate is a new one, until {end_date(new)}: register it (pulumi stack output docker "
                f"--show-secrets, docker.nuvla); the old one ends on {end_date(former)}, or has ended with its CA"
            )

    def _key(self, holder: str, generation: int) -> tls.PrivateKey:
        own = self._args.own_generations()[
            "server_generation" if holder in self._args.servers else f"{holder}_generation"
        ]
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
        ca: Authority | None = None,
        generation: int | None = None,
        hooks: pulumi.ResourceHookBinding | None = None,
    ) -> Certificate:
        key, ca = self._key(holder, generation or self._args.generation), ca or self._ca
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
            ca_private_key_pem=ca.key,
            ca_cert_pem=ca.cert,
            allowed_uses=["digital_signature", use],
            validity_period_hours=days * HOURS_PER_DAY,
            early_renewal_hours=RENEWAL_DAYS * HOURS_PER_DAY if renewed else None,
            opts=pulumi.ResourceOptions(parent=self, hooks=hooks),
        )
        return Certificate(
            ca=ca.cert,
            cert=cert.cert_pem,
            key=pulumi.Output.secret(key.private_key_pem),
            end=cert.validity_end_time,
        )
