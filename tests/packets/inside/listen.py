"""Listens on ports, by tcp and udp: says "ready", and then what it hears, until its input ends."""

import selectors
import socket
import sys
from collections.abc import Iterator
from typing import TextIO

OWN = " 127.0.0.1 "


def main(ports: list[int], hears: TextIO) -> None:
    """Each line: protocol, port, sender, words."""
    with selectors.DefaultSelector() as selector:
        for port in ports:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                one = socket.socket(socket.AF_INET, kind)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                one.bind(("", port))
                if kind == socket.SOCK_STREAM:
                    one.listen(64)
                selector.register(one, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        print("ready", file=hears, flush=True)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if sys.stdin in ready:
                return
            lines = [line for one in ready if isinstance(one, socket.socket) for line in hear(one, selector)]
            for line in sorted(lines, key=lambda said: OWN in said):  # by its own the test knows that there are no more
                print(line, file=hears, flush=True)


def hear(one: socket.socket, selector: selectors.BaseSelector) -> Iterator[str]:
    """Words, also those of somebody who has just connected."""
    if one.type == socket.SOCK_DGRAM:
        words, (sender, _) = one.recvfrom(2000)
        yield f"udp {one.getsockname()[1]} {sender} {words.decode()}"
        return
    if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        one, _ = one.accept()
        one.setblocking(False)
        selector.register(one, selectors.EVENT_READ)
    try:
        words = one.recv(2000)
    except BlockingIOError:
        return
    except ConnectionError:
        words = b""
    if words:
        yield f"tcp {one.getsockname()[1]} {one.getpeername()[0]} {words.decode()}"
    else:
        selector.unregister(one)
        one.close()


if __name__ == "__main__":
    main([int(port) for port in sys.argv[1:]], sys.stdout)
