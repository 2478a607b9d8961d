"""Comparison and display of URLs of state backends."""

import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from tools.console import fail

CLOUD = ("http", "https")  # Pulumi Cloud, or another service with its API
SECRET = re.compile(r"(?:password|sslpassword|\w*(?:access|secret)_?key\w*|\w*token|sig)=", re.IGNORECASE)


def own(checkout: Path) -> str:
    """Return the URL of a checkout's own backend, its folder `.state`."""
    return f"file://{checkout}/.state?metadata=skip"


def is_cloud(url: str) -> bool:
    """Return whether a service keeps the state, which encrypts secrets without a passphrase."""
    return url.partition("://")[0] in CLOUD


def split(url: str) -> SplitResult:
    """Return the parts of a URL; exit with a line if it is none."""
    try:
        return urlsplit(url)
    except ValueError as error:
        fail(
            f"PULUMI_BACKEND_URL is no URL: {error}; allowed: such as s3://<bucket>?region=<zone>, or file:///<folder>"
        )


def without_credentials(url: str) -> str:
    """Return a URL without a user name and password, also of its options."""
    parts = split(url)
    kept = [option for option in parts.query.split("&") if not SECRET.match(option)]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="&".join(kept)))


def has_credentials(url: str) -> bool:
    """Return whether a URL has a password, as that of a database may."""
    parts = split(url)
    return "@" in parts.netloc or any(map(SECRET.match, parts.query.split("&")))


def shown(url: str) -> str:
    """Return a URL for people: without credentials and options."""
    parts = split(without_credentials(url))
    return urlunsplit(parts._replace(query="", fragment=""))


def same(one: str, other: str) -> bool:
    """Return whether two URLs lead to the same states: most options only say how to get there."""
    return _place(split(one)) == _place(split(other))


def _place(parts: SplitResult) -> tuple[str, ...]:
    host = parts.netloc.rpartition("@")[2].lower()
    endpoint = "".join(parse_qs(parts.query).get("endpoint", [])).rpartition("://")[2].rstrip("/")
    return parts.scheme.lower(), host, parts.path.rstrip("/"), endpoint
