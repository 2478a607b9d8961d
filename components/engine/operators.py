"""Client certificates of Docker's API for named operators, each of which can be withdrawn alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_tls as tls

from components.engine.certificates import CA_DAYS, HOURS_PER_DAY, RENEWAL_DAYS, Certificate, end_date

CERT_SUFFIX = "-cert"  # ends the logical name of an operator's certificate


@dataclass(frozen=True, kw_only=True)
class OperatorsArgs:
    """The operators, and the lifetime of their certificates."""

    names: Sequence[str]
    generation: int  # a change renews all keys and certificates
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
        super().__init__(
            "nuvla:engine:Operators", name, {"names": names, "generation": args.generation, "days": args.days}, opts
        )
        self._name = name
        self._args = args
        self._renewal_hook = pulumi.ResourceHook(f"{name}-new", self._warn_of_renewal)
        self.cas: dict[str, pulumi.Output[str]] = {}  # operator -> PEM
        self.certificates = {operator: self._certificate(operator) for operator in names}
        self.register_outputs({"names": names})

    def _certificate(self, operator: str) -> Certificate:
        prefix = f"{self._name}-{operator}"
        ca_key, key = self._key(f"{prefix}-signer"), self._key(f"{prefix}-key")  # no name may end as another does
        ca = tls.SelfSignedCert(
            f"{prefix}-ca",
            private_key_pem=ca_key.private_key_pem,
            # Clients choose their certificate by the names of CAs, so each CA has a name of its own.
            subject=tls.SelfSignedCertSubjectArgs(common_name=f"nuvla-swarm CA of {operator}"),
            is_ca_certificate=True,
            allowed_uses=["cert_signing", "crl_signing"],
            validity_period_hours=CA_DAYS * HOURS_PER_DAY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        request = tls.CertRequest(
            f"{prefix}-request",
            private_key_pem=key.private_key_pem,
            subject=tls.CertRequestSubjectArgs(common_name=operator),
            opts=pulumi.ResourceOptions(parent=self),
        )
        cert = tls.LocallySignedCert(
            f"{prefix}{CERT_SUFFIX}",
            cert_request_pem=request.cert_request_pem,
            ca_private_key_pem=ca_key.private_key_pem,
            ca_cert_pem=ca.cert_pem,
            allowed_uses=["digital_signature", "client_auth"],
            validity_period_hours=self._args.days * HOURS_PER_DAY,
            early_renewal_hours=RENEWAL_DAYS * HOURS_PER_DAY,
            opts=pulumi.ResourceOptions(
                parent=self, hooks=pulumi.ResourceHookBinding(after_create=[self._renewal_hook])
            ),
        )
        self.cas[operator] = ca.cert_pem
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
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=self._args.generation),
        )
