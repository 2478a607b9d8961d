"""Strings of random characters, and the hash of one."""

import secrets
import string

from random_.declared import CLASSES
from standin.values import Values

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
BCRYPT_COST = 10
BCRYPT_BYTES = 72  # what bcrypt looks at; the library refuses more


def drawn(inputs: Values) -> str:
    """A string of the wanted length: so many of each class, the rest of the classes that are on, in random order."""
    alphabets = {
        "upper": string.ascii_uppercase,
        "lower": string.ascii_lowercase,
        "numeric": string.digits,
        "special": inputs.get("overrideSpecial") or SPECIAL,
    }
    # a minimum counts also where its class is off
    found = [secrets.choice(alphabets[name]) for name in CLASSES for _ in range(inputs[f"min{name.title()}"])]
    rest = "".join(alphabets[name] for name in CLASSES if inputs[name])
    found += [secrets.choice(rest) for _ in range(inputs["length"] - len(found))]
    secrets.SystemRandom().shuffle(found)
    return "".join(found)


def hashed(text: str) -> str:
    """Its bcrypt hash."""
    import bcrypt

    salt: bytes = bcrypt.gensalt(BCRYPT_COST, prefix=b"2a")
    digest: bytes = bcrypt.hashpw(text.encode()[:BCRYPT_BYTES], salt)
    return digest.decode()
