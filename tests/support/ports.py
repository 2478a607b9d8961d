"""Ports of this computer that nobody else can take while a test uses them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved_port(address: str = "127.0.0.1") -> Iterator[int]:
    """Yield a port of this computer that refuses connections until a program that the test starts listens on it.

    Between the end of a socket that has found a free port and the start of a program there, another test may get it.
    The kernel lets a program listen beside a socket that does not, if both say that they share the address, as most
    servers do.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((address, 0))
        yield held.getsockname()[1]
