"""Private keys: made, read, and written in every format that the outputs have."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from standin.resource import StandinError
from standin.values import Values

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_CURVES: Final[dict[str, Callable[[], ec.EllipticCurve]]] = {
    "P224": ec.SECP224R1,
    "P256": ec.SECP256R1,
    "P384": ec.SECP384R1,
    "P521": ec.SECP521R1,
}


def made(algorithm: str, rsa_bits: int, ecdsa_curve: str) -> Key:
    """A new key."""
    if algorithm == "RSA":
        return rsa.generate_private_key(65537, rsa_bits)
    if algorithm == "ECDSA":
        return ec.generate_private_key(_CURVES[ecdsa_curve]())
    return ed25519.Ed25519PrivateKey.generate()


def read(pem: str, what: str) -> Key:
    """The key of a PEM text."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise StandinError(f"failed to parse {what}: {type(problem).__name__}") from None  # quotes nothing of the key
    if not isinstance(key, Key):
        raise StandinError(f"failed to parse {what}: unsupported private key type {type(key).__name__}")
    return key


def algorithm(key: Key) -> str:
    """Its name as the outputs have it."""
    return "RSA" if isinstance(key, rsa.RSAPrivateKey) else "ED25519" if _is_ed25519(key) else "ECDSA"


def identity(key: Key) -> str:
    """SHA-1 of the public key: the resource's id."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha1(der.strip()).hexdigest()


def subject_key_id(public: Any) -> bytes:
    """SHA-1 of the public key as the released plugin takes it: for Ed25519 of its OCTET STRING, not of its bits."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        encoded = bytes([4, len(raw)]) + raw
    elif isinstance(public, ec.EllipticCurvePublicKey):
        encoded = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    else:
        encoded = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return hashlib.sha1(encoded).digest()


def outputs(key: Key) -> Values:
    """Every text of the key. OpenSSH has no P-224: these are empty then."""
    pkcs8 = _private(key, PrivateFormat.PKCS8)
    supported = not (isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp224r1")
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) if supported else b""
    blob = base64.b64decode(public.split()[1]) if supported else b""
    md5 = hashlib.md5(blob).hexdigest()
    sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return {
        "privateKeyPem": pkcs8 if _is_ed25519(key) else _private(key, PrivateFormat.TraditionalOpenSSL),
        "privateKeyPemPkcs8": pkcs8,
        "privateKeyOpenssh": _private(key, PrivateFormat.OpenSSH) if supported else "",
        "publicKeyPem": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "publicKeyOpenssh": f"{public.decode()}\n" if supported else "",
        "publicKeyFingerprintMd5": ":".join(md5[i : i + 2] for i in range(0, 32, 2)) if supported else "",
        "publicKeyFingerprintSha256": f"SHA256:{sha256}" if supported else "",
    }


def _is_ed25519(key: Key) -> bool:
    return isinstance(key, ed25519.Ed25519PrivateKey)


def _private(key: Key, form: PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
