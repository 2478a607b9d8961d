"""SSH keys: public ones of people, whose private halves nobody has, and pairs."""

from base64 import b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def blob(*parts: bytes) -> str:
    """Return the base64 text of a key with these parts."""
    return b64encode(b"".join(len(part).to_bytes(4) + part for part in parts)).decode()


def public_key(owner: str) -> str:
    """Return the line of an ed25519 key, another one for each owner."""
    return f"ssh-ed25519 {blob(b'ssh-ed25519', sha256(owner.encode()).digest())} {owner}"


ALICE, BOB = public_key("alice@laptop"), public_key("bob@desk")


def key_pair(owner: str) -> tuple[str, str]:
    """Return a private ed25519 key, another one for each owner, and its public half, "<type> <base64>"."""
    key = Ed25519PrivateKey.from_private_bytes(sha256(owner.encode()).digest())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
