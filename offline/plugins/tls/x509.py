"""Certificates and certificate requests, with the contents that Go's x509 package gives them."""

import datetime
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from standin.resource import StandinError
from standin.values import Values
from tls import keys
from tls.declared import EXTENDED_KEY_USAGES, KEY_USAGES, NAMES


@dataclass(frozen=True)
class Subject:
    """Subject of a certificate, with its alternative names and public key."""

    name: x509.Name
    names: x509.SubjectAlternativeName | None
    public_key: Any


@dataclass(frozen=True)
class Issuer:
    """Issuer of a certificate; ``certificate`` is None for a self-signed one."""

    name: x509.Name
    key: keys.Key
    certificate: x509.Certificate | None = None


@dataclass(frozen=True)
class Issued:
    """A certificate and its times as texts."""

    serial: str
    pem: str
    start: datetime.datetime
    end: datetime.datetime


def subject(inputs: Values, key: keys.Key) -> Subject:
    """The subject and names of the inputs."""
    return Subject(_name(inputs.get("subject", {})), _alternatives(inputs), key.public_key())


def request(inputs: Values, key: keys.Key) -> x509.CertificateSigningRequest:
    """A signed request."""
    wanted = subject(inputs, key)
    builder = x509.CertificateSigningRequestBuilder(wanted.name)
    if wanted.names:
        builder = builder.add_extension(wanted.names, critical=not wanted.name.rdns)
    return builder.sign(key, _digest(key))


def requested(pem: str) -> Subject:
    """The subject and names of a request whose signature holds; nothing else is taken from it."""
    try:
        found = x509.load_pem_x509_csr(pem.encode())
        if not found.is_signature_valid:
            raise InvalidSignature
        names = [e.value for e in found.extensions if isinstance(e.value, x509.SubjectAlternativeName)]
        return Subject(found.subject, names[0] if names else None, found.public_key())
    except (ValueError, InvalidSignature) as problem:
        raise StandinError(f"failed to parse certificate request PEM: {problem}") from None


def issuer(certificate_pem: str, key: keys.Key) -> Issuer:
    """The authority; its key must be its certificate's."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    except ValueError as problem:
        raise StandinError(f"failed to parse CA certificate PEM: {problem}") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if certificate.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        raise StandinError("x509: provided PrivateKey doesn't match parent's PublicKey")
    return Issuer(certificate.subject, key, certificate)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it says that it is a CA."""
    found = [e.value for e in certificate.extensions if isinstance(e.value, x509.BasicConstraints)]
    return bool(found and found[0].ca)


def issue(inputs: Values, wanted: Subject, by: Issuer) -> Issued:
    """A certificate as the inputs describe it."""
    start = datetime.datetime.now().astimezone()
    end = start + datetime.timedelta(hours=inputs["validityPeriodHours"])
    serial = secrets.randbits(128) or 1
    authority = bool(inputs.get("isCaCertificate"))
    if authority and not wanted.name.rdns:
        raise StandinError("a CA certificate needs a subject with at least one name")
    builder = (
        x509.CertificateBuilder(by.name, wanted.name, wanted.public_key, serial)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, critical in _extensions(inputs, wanted, by, authority):
        builder = builder.add_extension(extension, critical)
    signed = builder.sign(by.key, _digest(by.key))
    return Issued(str(serial), signed.public_bytes(Encoding.PEM).decode(), start, end)


def _extensions(inputs: Values, wanted: Subject, by: Issuer, authority: bool) -> list[tuple[x509.ExtensionType, bool]]:
    uses = inputs["allowedUses"]
    found: list[tuple[x509.ExtensionType, bool]] = []
    if chosen := {KEY_USAGES[use] for use in uses if use in KEY_USAGES}:
        found.append((x509.KeyUsage(**{name: name in chosen for name in KEY_USAGES.values()}), True))
    if extended := [x509.ObjectIdentifier(EXTENDED_KEY_USAGES[use]) for use in uses if use in EXTENDED_KEY_USAGES]:
        found.append((x509.ExtendedKeyUsage(extended), False))
    depth = inputs.get("maxPathLength", -1)
    if depth > 0 and not authority:
        raise StandinError("x509: only CAs are allowed to specify MaxPathLen")
    # a depth of 0 is left out: the released plugin sets MaxPathLen without MaxPathLenZero, which Go reads as "none"
    found.append((x509.BasicConstraints(ca=authority, path_length=depth if depth > 0 else None), True))
    own = keys.subject_key_id(wanted.public_key) if authority or inputs.get("setSubjectKeyId") else None
    if own:
        found.append((x509.SubjectKeyIdentifier(own), False))
    if above := _authority_key_id(inputs, own, wanted, by):
        found.append((x509.AuthorityKeyIdentifier(above, None, None), False))
    if wanted.names:
        found.append((wanted.names, not wanted.name.rdns))
    return found


def _authority_key_id(inputs: Values, own: bytes | None, wanted: Subject, by: Issuer) -> bytes | None:
    if by.certificate is None:
        if inputs.get("setAuthorityKeyId") and not own:
            raise StandinError("could not determine Authority Key Identifier: set setSubjectKeyId or isCaCertificate")
        return own if inputs.get("setAuthorityKeyId") else None
    found = [e.value for e in by.certificate.extensions if isinstance(e.value, x509.SubjectKeyIdentifier)]
    return found[0].digest if found and by.name != wanted.name else None


def _name(given: Values) -> x509.Name:
    pairs = [(x509.ObjectIdentifier(NAMES[field]), given[field]) for field in NAMES if field in given]
    texts = [(oid, text) for oid, value in pairs for text in (value if isinstance(value, list) else [value])]
    return x509.Name([x509.NameAttribute(oid, text, _validate=False) for oid, text in texts])


def _alternatives(inputs: Values) -> x509.SubjectAlternativeName | None:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in inputs.get("dnsNames", [])]
    for text in inputs.get("ipAddresses", []):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            raise StandinError(f"invalid IP address: failed to parse {text!r}") from None
    names += [x509.UniformResourceIdentifier(uri) for uri in inputs.get("uris", [])]
    return x509.SubjectAlternativeName(names) if names else None


def _digest(key: keys.Key) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    size = key.curve.key_size if isinstance(key, ec.EllipticCurvePrivateKey) else 0
    return hashes.SHA512() if size > 384 else hashes.SHA384() if size == 384 else hashes.SHA256()
