"""Connections that clients hold open to Traefik."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def open_connections(address: str) -> Iterator[None]:
    """Hold two connections open: a client that sends nothing, and a request that never ends."""
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with ExitStack() as sockets:
        sockets.enter_context(socket.create_connection((address, 443), timeout=10))
        plain = sockets.enter_context(socket.create_connection((address, 443), timeout=10))
        request = sockets.enter_context(unverified.wrap_socket(plain, server_hostname="shop.test"))
        request.sendall(b"GET /shop HTTP/1.1\r\nHost: shop.test\r\n")
        yield
