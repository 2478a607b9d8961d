"""Comparison and display of URLs of state backends."""

from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

CLOUD = ("http", "https")  # Pulumi Cloud, or another service with its API


def without_credentials(url: str) -> str:
    """Return a URL without a user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def has_credentials(url: str) -> bool:
    """Return whether a URL has a password, as that of a database may."""
    return "@" in urlsplit(url).netloc


def shown(url: str) -> str:
    """Return a URL for people: without credentials and options."""
    parts = urlsplit(without_credentials(url))
    return urlunsplit(parts._replace(query="", fragment=""))


def same(one: str, other: str) -> bool:
    """Return whether two URLs lead to the same states: most options only say how to get there."""
    return _place(urlsplit(one)) == _place(urlsplit(other))


def _place(parts: SplitResult) -> tuple[str, ...]:
    host = parts.netloc.rpartition("@")[2].lower()
    endpoint = "".join(parse_qs(parts.query).get("endpoint", [])).rpartition("://")[2].rstrip("/")
    return parts.scheme.lower(), host, parts.path.rstrip("/"), endpoint
