"""CAs of the certificates of Docker's API, and certificates of CAs for each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_tls as tls

from components.generations import Generations

HOURS_PER_DAY = 24
CA_DAYS = 3650


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A CA, PEM."""

    key: pulumi.Output[str]  # secret
    cert: pulumi.Output[str]
    end: pulumi.Output[str]  # of validity, RFC 3339
    name: str  # common name


def authority(name: str, generations: Generations, generation: int, parent: pulumi.Resource) -> Authority:
    """Make the key and the certificate of a generation of a CA."""
    name = generations.name(name, generation)
    key = tls.PrivateKey(
        f"{name}-key",
        algorithm="ECDSA",
        ecdsa_curve="P256",
        opts=pulumi.ResourceOptions(parent=parent, replacement_trigger=generation),
    )
    # Clients and servers find a CA by its name, so each CA has a name of its own.
    common_name = generations.name("nuvla-swarm CA", generation)
    return _self_signed(name, key, common_name, parent)


def operator_authority(
    name: str, operator: str, generations: Generations, generation: int, parent: pulumi.Resource
) -> Authority:
    """Make the key and the certificate of a generation of an operator's CA."""
    key = tls.PrivateKey(
        generations.name(f"{name}-signer", generation),  # no name may end as that of another operator's resource does
        algorithm="ECDSA",
        ecdsa_curve="P256",
        opts=pulumi.ResourceOptions(parent=parent, replacement_trigger=generation),
    )
    common_name = generations.name(f"nuvla-swarm CA of {operator}", generation)
    return _self_signed(generations.name(f"{name}-ca", generation), key, common_name, parent)


def _self_signed(name: str, key: tls.PrivateKey, common_name: str, parent: pulumi.Resource) -> Authority:
    cert = tls.SelfSignedCert(
        name,
        private_key_pem=key.private_key_pem,
        subject=tls.SelfSignedCertSubjectArgs(common_name=common_name),
        is_ca_certificate=True,
        allowed_uses=["cert_signing", "crl_signing"],
        validity_period_hours=CA_DAYS * HOURS_PER_DAY,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return Authority(key=key.private_key_pem, cert=cert.cert_pem, end=cert.validity_end_time, name=common_name)


def cross_signed(name: str, ca: Authority, by: Authority, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Make a certificate of a CA that another CA signs, for clients that know only the signer; return it, PEM."""
    request = tls.CertRequest(
        f"{name}-request",
        private_key_pem=ca.key,
        subject=tls.CertRequestSubjectArgs(common_name=ca.name),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    cert = tls.LocallySignedCert(
        f"{name}-cert",
        cert_request_pem=request.cert_request_pem,
        ca_private_key_pem=by.key,
        ca_cert_pem=by.cert,
        is_ca_certificate=True,
        allowed_uses=["cert_signing", "crl_signing"],
        validity_period_hours=CA_DAYS * HOURS_PER_DAY,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return cert.cert_pem


def joined(parts: Sequence[pulumi.Output[str]]) -> pulumi.Output[str]:
    """Return certificates as one text, PEM; a single one as it is."""
    [first, *others] = parts
    return pulumi.Output.all(*parts).apply(lambda texts: "".join(map(str, texts))) if others else first
