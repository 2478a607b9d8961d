"""Settings of logins by SSH, and the check of public keys: each is one line of an `id_*.pub` file."""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from components.fields import Section
from components.generations import former_is_earlier
from components.text_form import TextForm

EXAMPLE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... alice@laptop"
# Types of keys: how many parts follow the type in the blob, and how many bytes the longest part has at least. An RSA
# key below 2048 bits is too weak.
# Source: RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, OpenSSH PROTOCOL.u2f.
KEY_TYPES = {
    "ssh-ed25519": (1, 32),
    "ssh-rsa": (2, 256),
    "ecdsa-sha2-nistp256": (2, 65),
    "ecdsa-sha2-nistp384": (2, 97),
    "ecdsa-sha2-nistp521": (2, 133),
    "sk-ssh-ed25519@openssh.com": (2, 32),
    "sk-ecdsa-sha2-nistp256@openssh.com": (3, 65),
}
OTHER_KEYS = f"allowed: keys of other people, such as {EXAMPLE}; the stack's own key opens every machine already"


def key_of(line: str) -> str:
    """Return the key in a line, "<type> <base64>", without its comment."""
    return " ".join(line.split()[:2])


def _require_key(line: str) -> str:
    kind, _, rest = line.partition(" ")
    data, _, comment = rest.partition(" ")
    if not line.isprintable() or kind not in KEY_TYPES or not _is_complete(kind, data):
        raise ValueError(f"the line of a public key, as `cat ~/.ssh/id_ed25519.pub` prints it, such as {EXAMPLE}")
    if not comment.strip():
        raise ValueError(f"a public key with its owner at the end, such as {EXAMPLE}")
    return line


def _is_complete(kind: str, data: str) -> bool:
    """Return whether the base64 text holds the parts of a key of this type, and nothing else."""
    try:
        name, *parts = _parts(b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False
    count, least_bytes = KEY_TYPES[kind]
    return name == kind.encode() and len(parts) == count and max(map(len, parts)) >= least_bytes


def _parts(blob: bytes) -> Iterator[bytes]:
    """Yield the strings in a blob, each behind its length.

    Errors: ValueError if the blob ends within a string.
    """
    while blob:
        length = int.from_bytes(blob[:4])
        if len(blob) < 4 + length:
            raise ValueError("the blob ends within a string")
        yield blob[4 : 4 + length]
        blob = blob[4 + length :]


OwnKey = Annotated[
    str, TextForm(r"^ssh-\S+ \S+[\s\S]*$", "a public SSH key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA you@laptop")
]
PublicKey = Annotated[str, AfterValidator(_require_key), Field(examples=[EXAMPLE])]


class SshSettings(Section):
    """Logins on the machines by SSH."""

    authorized_keys: list[PublicKey] = Field(
        [], description="public keys of people who may also log in on every machine"
    )

    @model_validator(mode="after")
    def _require_different_keys(self) -> Self:
        """`machines.ssh.authorized_keys` lists each key once."""
        keys = [key_of(line) for line in self.authorized_keys]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise ValueError(
                    f"authorized_keys[{index}]: {self.authorized_keys[index]} given, the same key as that of "
                    f"[{keys.index(key)}]; allowed: each key once"
                )
        return self


class OwnKeySettings(SshSettings):
    """Logins on the machines by SSH: with the stack's key, which is generated unless both halves are given."""

    public_key: OwnKey | None = Field(
        None, description="your own SSH key; its private half is the secret `ssh_private_key`"
    )

    key_generation: int = Field(1, ge=1, description="number; raise it to replace the generated key")
    former_key_generation: int | None = Field(
        None, ge=1, description="generation of the generated key that stays valid meanwhile; unset: none"
    )

    host_key_generation: int = Field(1, ge=1, description="number; raise it to replace the host key of each machine")

    @property
    def used_key_generation(self) -> int:
        """Return the generation of the generated key that the program logs in with: the former one while valid."""
        return self.former_key_generation or self.key_generation

    @model_validator(mode="after")
    def _former_key_is_earlier(self) -> Self:
        """`machines.ssh.former_key_generation` is below `machines.ssh.key_generation`."""
        former_is_earlier("former_key_generation", self.key_generation, self.former_key_generation)
        return self

    @model_validator(mode="after")
    def _require_other_keys(self) -> Self:
        """`machines.ssh.authorized_keys` does not list the stack's own key, which opens every machine anyway."""
        own = self.public_key and key_of(self.public_key)
        for index, line in enumerate(self.authorized_keys):
            if key_of(line) == own:
                raise ValueError(
                    f"authorized_keys[{index}]: {line} given, which is the stack's own key, public_key; {OTHER_KEYS}"
                )
        return self
