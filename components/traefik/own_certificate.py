"""Checks of an operator's own certificate and its key, before anything is deployed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from components.errors import secret_command
from components.traefik import CERTIFICATE_KEY
from components.traefik.names import covered

SETTING = "traefik.certificate"
CHAIN = "the certificate in PEM, then each CA certificate that signed the one before it"
RENEW = (
    f"a certificate that is valid today; set the renewed one and its key, or remove {SETTING} and {CERTIFICATE_KEY} "
    "to serve the self-signed one"
)


def chain_of(text: str) -> list[x509.Certificate]:
    """Return the certificates in a text. Errors: ValueError for a text that is no PEM."""
    return x509.load_pem_x509_certificates(text.encode())


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names of a certificate; clients disregard its subject."""
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return alternatives.get_values_for_type(x509.DNSName)


def own_names(text: str | None) -> list[str]:
    """Return the DNS names of the first certificate in a text that `certificate_mistakes` finds no mistake in."""
    return names_of(chain_of(text)[0]) if text else []


def certificate_mistakes(text: str, domain: str | None, now: datetime) -> Iterator[str]:
    """Yield a line for each mistake in a certificate and its chain; none repeats the text."""
    if "PRIVATE KEY" in text:
        yield (
            f"{SETTING}: a private key given; allowed: certificates alone; remove it from the stack's file, and set it "
            f"by `{secret_command(CERTIFICATE_KEY)} < key.pem`"
        )
        return
    try:
        chain = chain_of(text)
    except ValueError:
        yield f"{SETTING}: text that is no certificate given; allowed: {CHAIN}, -----BEGIN CERTIFICATE-----"
        return
    first, names = chain[0], names_of(chain[0])
    for signed, signer in pairwise(chain):
        try:
            signed.verify_directly_issued_by(signer)
        except (ValueError, TypeError, InvalidSignature):
            order = f"{_subject(signer)} given after {_subject(signed)}, which it did not sign"
            yield f"{SETTING}: {order}; allowed: {CHAIN}"
    if not first.not_valid_before_utc <= now <= first.not_valid_after_utc:
        span = f"valid from {first.not_valid_before_utc:%Y-%m-%d} to {first.not_valid_after_utc:%Y-%m-%d}"
        yield f"{SETTING}: {_subject(first)} given, {span}; allowed: {RENEW}"
    if not names or (domain is not None and not covered(domain, names)):
        wanted = f"a certificate of {domain}, the setting domain" if domain else "a certificate with DNS names"
        yield f"{SETTING}: a certificate of {', '.join(names) or 'no DNS name'} given; allowed: {wanted}"


def key_mistakes(text: str, key: str) -> Iterator[str]:
    """Yield a line if the private key is not that of the first certificate in the text; it repeats no key."""
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except TypeError:
        yield (
            f"{CERTIFICATE_KEY}: a key with a passphrase given; allowed: a key without one, as "
            "`openssl pkey -in key.pem` prints it"
        )
        return
    except ValueError:
        yield f"{CERTIFICATE_KEY}: text that is no key given; allowed: a key in PEM, -----BEGIN PRIVATE KEY-----"
        return
    try:
        certificate = chain_of(text)[0]
    except ValueError:
        return
    if private.public_key() != certificate.public_key():
        yield (
            f"{CERTIFICATE_KEY}: the key of another certificate given; "
            f"allowed: the key of the first one in {SETTING}, {_subject(certificate)}"
        )


def uncovered(text: str, names: Sequence[str]) -> list[str]:
    """Return the names that the certificate does not cover."""
    own = own_names(text)
    return [name for name in names if not covered(name, own)]


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "a certificate without a subject"
