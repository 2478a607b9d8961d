"""Certificates for tests."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def self_signed(*alternatives: x509.GeneralName, key: str | None = None) -> tuple[str, str]:
    """Return a certificate that is valid for a day, and its key: a new one unless another certificate's is given."""
    now = datetime.now(UTC)
    return signed(*alternatives, key=key, valid=(now - HOUR, now + DAY))


def signed(
    *alternatives: x509.GeneralName,
    valid: tuple[datetime, datetime],
    key: str | None = None,
    subject: str = "test",
    signer: tuple[str, str] | None = None,
) -> tuple[str, str]:
    """Return a certificate and its key; `signer` is the certificate and key of a CA, or None for a self-signed one."""
    own = _load(key) if key else ec.generate_private_key(ec.SECP256R1())
    name = _name(subject)
    issuer, signing = (
        (x509.load_pem_x509_certificate(signer[0].encode()).subject, _load(signer[1])) if signer else (name, own)
    )
    builder = x509.CertificateBuilder(issuer, name, own.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(valid[0]).not_valid_after(valid[1])
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    made = builder.sign(signing, hashes.SHA256())
    encoding, encryption = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = own.private_bytes(encoding, serialization.PrivateFormat.PKCS8, encryption)
    return made.public_bytes(encoding).decode(), secret.decode()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _load(key: str) -> ec.EllipticCurvePrivateKey:
    loaded = serialization.load_pem_private_key(key.encode(), password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded
