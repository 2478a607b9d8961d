"""DNS names of certificates, and which names a certificate covers."""

from collections.abc import Iterable
from typing import Annotated

from components.text_form import TextForm

DnsName = Annotated[
    str,
    TextForm(r"^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$", "a DNS name, in lower case", "swarm.example.org"),
]
WILDCARD = "*."


def is_wildcard(name: str) -> bool:
    """Return whether the name stands for many: "*.example.org" for "a.example.org", but not for "a.b.example.org"."""
    return name.startswith(WILDCARD)


def covered(name: str, certificate_names: Iterable[str]) -> bool:
    """Return whether a certificate of some names is valid for a name. Source: RFC 6125, section 6.4.3."""
    domain = name.partition(".")[2]
    return any(one in (name, f"{WILDCARD}{domain}") for one in map(str.lower, certificate_names))
