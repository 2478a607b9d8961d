"""Requests to an infrastructure without proxies, also before its domain has an address."""

import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

TIMEOUT_S = 5


class _NamedAdapter(HTTPAdapter):
    """Connects to addresses, and asks for a certificate of another name."""

    def __init__(self, name: str):
        self._name = name
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        options["server_hostname"] = self._name
        super().init_poolmanager(connections, maxsize, block, **options)


class Web:
    """Requests to the services of an infrastructure; `address` is that of its API manager.

    No certificate is verified: the status has a line of its own about certificates.
    """

    def __init__(self, domain: str, address: str):
        self.domain, self.address = domain, address
        self.found = _addresses(domain)

    def problem(self) -> str | None:
        """Return the problem of the domain, if it has one."""
        if self.domain == self.address or self.address in self.found:
            return None
        points = f"points to {', '.join(sorted(self.found))}" if self.found else "has no address"
        return f"{self.domain} {points}; set its A record to {self.address}"

    def get(self, url: str, auth: tuple[str, str] | None = None) -> requests.Response:
        """Return the answer of a URL; for a name without address, ask the API manager.

        Errors: `requests.RequestException`.
        """
        with requests.Session() as session:
            session.trust_env = False
            parts, headers = urlsplit(url), {}
            if parts.hostname and not self._is_resolved(parts.hostname):
                port = f":{parts.port}" if parts.port else ""
                headers["Host"] = f"{parts.hostname}{port}"
                session.mount("https://", _NamedAdapter(parts.hostname))
                url = parts._replace(netloc=f"{self.address}{port}").geturl()
            return session.get(url, auth=auth, headers=headers, verify=False, timeout=TIMEOUT_S, allow_redirects=False)

    def _is_resolved(self, host: str) -> bool:
        return bool(self.found if host == self.domain else _addresses(host))


def reason(error: Exception) -> str:
    """Return an error of a request in a few words."""
    names = {
        "ConnectTimeout": "no answer",
        "ReadTimeout": "connects, but does not answer",
        "ConnectionError": "refuses",
    }
    return names.get(type(error).__name__, type(error).__name__)


def _addresses(host: str) -> set[str]:
    try:
        return {str(row[4][0]) for row in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()
