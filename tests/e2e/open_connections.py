"""Connections that somebody holds open to Traefik."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def connections(address: str) -> Iterator[None]:
    """Two that are held open to Traefik: one that says nothing, and a request that never ends."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with ExitStack() as held:
        held.enter_context(socket.create_connection((address, 443), timeout=10))
        plain = held.enter_context(socket.create_connection((address, 443), timeout=10))
        started = held.enter_context(trusting.wrap_socket(plain, server_hostname="shop.test"))
        started.sendall(b"GET /shop HTTP/1.1\r\nHost: shop.test\r\n")
        yield
