"""Logins of private image registries: the registry of an image, and checks of passwords."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PASSWORDS_KEY = "registry_passwords"  # key of the secret in the configuration
EXAMPLE = """{"registry.example.org": "..."}"""


def registry_of(image: str, registries: Iterable[str]) -> str | None:
    """Return the registry whose name an image begins with, if it is one of these."""
    name, slash, _ = image.partition("/")
    return name if slash and name in registries else None


def password_mistakes(registries: Iterable[str], text: str | None) -> Iterator[str]:
    """Yield a line for each registry without a password, and each password without a registry; never a password."""
    wanted, passwords = set(registries), _passwords(text)
    if passwords is None:
        yield f"{PASSWORDS_KEY}: not an object of registries and passwords; required: JSON such as {EXAMPLE}"
        return
    for registry in sorted(wanted - passwords.keys()):
        yield (
            f"{PASSWORDS_KEY}: no password of {registry} given; required: one for each of engine.registries, "
            f"such as {EXAMPLE}"
        )
    for registry in sorted(passwords.keys() - wanted):
        yield f"engine.registries.{registry}: not given; required: its username, as {PASSWORDS_KEY} has its password"


def unused_registries(registries: Iterable[str], images: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each registry that has none of the images, given by their settings."""
    known = list(registries)
    used = {registry_of(image, known) for image in images.values()}
    for registry in known:
        if registry not in used:
            yield (
                f"engine.registries.{registry}: given; allowed: registries of images.*; the name of no image begins "
                f"with {registry}/"
            )


def _passwords(text: str | None) -> dict[str, str] | None:
    if text is None:
        return {}
    try:
        found: Any = json.loads(text)
    except ValueError:
        return None
    valid = isinstance(found, dict) and all(isinstance(word, str) and word for word in found.values())
    return found if valid else None
