"""Client certificates of Docker's API for named operators, each of which can be withdrawn alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_tls as tls

from components.engine.authorities import HOURS_PER_DAY, joined, operator_authority
from components.engine.certificates import RENEWAL_DAYS, Certificate, end_date
from components.generations import Generations

CERT_SUFFIX = "-cert"  # ends the logical name of an operator's certificate


@dataclass(frozen=True, kw_only=True)
class OperatorsArgs:
    """The operators, and the lifetime of their certificates."""

    names: Sequence[str]
    generations: Generations  # a change renews all keys and certificates; servers accept the CAs of former ones too
    days: int
    server_ca: pulumi.Output[str]  # CA of the servers' certificates, PEM
    former_ends: Mapping[str, str] = field(default_factory=dict)  # operator -> end of the certificate in the state


class Operators(pulumi.ComponentResource):
    """A CA for each operator, and the client certificate that it signs.

    An engine accepts the certificates of every CA in its file of CAs, and knows no revocation list. So the CA of an
    operator who leaves the list leaves that file, and its certificate opens no engine from then on; all others stay
    valid. The update restarts the engines of the managers, one after the other. The first update within 30 days of a
    certificate's end renews the certificate and logs a warning, because the operator needs the new one; it restarts no
    engine.
    Outputs: ``names`` (list). The attribute ``certificates`` holds the certificates by operator, ``cas`` their CAs.
    Source: Go documentation, crypto/tls, ``Config.ClientCAs``; moby, cmd/dockerd, ``tlscacert``.
    """

    def __init__(self, name: str, args: OperatorsArgs, opts: pulumi.ResourceOptions | None = None):
        names = sorted(args.names)
        props = {"names": names, "generation": args.generations.current, "days": args.days}
        if args.generations.former is not None:
            props["former_generation"] = args.generations.former
        super().__init__("nuvla:engine:Operators", name, props, opts)
        self._name = name
        self._args = args
        self._renewal_hook = pulumi.ResourceHook(f"{name}-new", self._warn_of_renewal)
        self.cas: dict[str, pulumi.Output[str]] = {}  # operator -> PEM
        self.certificates = {operator: self._certificate(operator) for operator in names}
        self.register_outputs({"names": names})

    def _certificate(self, operator: str) -> Certificate:
        prefix = f"{self._name}-{operator}"
        generations = self._args.generations
        valid = [operator_authority(prefix, operator, generations, number, self) for number in generations.valid]
        ca, key = valid[0], self._key(f"{prefix}-key")
        request = tls.CertRequest(
            f"{prefix}-request",
            private_key_pem=key.private_key_pem,
            subject=tls.CertRequestSubjectArgs(common_name=operator),
            opts=pulumi.ResourceOptions(parent=self),
        )
        cert = tls.LocallySignedCert(
            f"{prefix}{CERT_SUFFIX}",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=ca.key,
            ca_cert_pem=ca.cert,
            allowed_uses=["digital_signature", "client_auth"],
            validity_period_hours=self._args.days * HOURS_PER_DAY,
            early_renewal_hours=RENEWAL_DAYS * HOURS_PER_DAY,
            opts=pulumi.ResourceOptions(
                parent=self, hooks=pulumi.ResourceHookBinding(after_create=[self._renewal_hook])
            ),
        )
        self.cas[operator] = joined([accepted.cert for accepted in valid])
        return Certificate(
            ca=self._args.server_ca,
            cert=cert.cert_pem,
            key=pulumi.Output.secret(key.private_key_pem),
            end=cert.validity_end_time,
        )

    def _warn_of_renewal(self, certificate: pulumi.ResourceHookArgs) -> None:
        operator = certificate.name.removeprefix(f"{self._name}-").removesuffix(CERT_SUFFIX)
        former, new = self._args.former_ends.get(operator), (certificate.new_outputs or {}).get("validityEndTime")
        if former is not None and new is not None:
            pulumi.log.warn(
                f"the certificate of {operator} is a new one, until {end_date(new)}: hand it over (pulumi stack output "
                f"docker --show-secrets, docker.operators.{operator}); the old one ends on {end_date(former)}, or has "
                "ended with its CA"
            )

    def _key(self, name: str) -> tls.PrivateKey:
        return tls.PrivateKey(
            name,
            algorithm="ECDSA",
            ecdsa_curve="P256",
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=self._args.generations.current),
        )
