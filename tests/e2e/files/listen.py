"""A listener on TCP and UDP ports, until its input ends: `listen.py <address> <port>...`.

The script prints `taken <protocol> <port>` for a port of another process, and `busy tcp <port>` for one that an
outgoing connection keeps, on which nobody can listen; then `ready`, then `udp <port> <from>` for each datagram. By TCP,
the script sends back the data that it receives.
"""

import select
import socket
import sys
import time
from collections.abc import Iterator

BUSY_S = 10  # an outgoing connection may end soon, or stay for as long as the machine is a member of the swarm


def listens(address: str, port: int) -> bool:
    """Return whether a process listens on the port."""
    with socket.socket() as caller:
        return caller.connect_ex((address, port)) == 0


def bound(address: str, port: int, kind: socket.SocketKind) -> socket.socket | str:
    """Return a socket on the port, or whose the port is: `taken` by another process, or `busy`."""
    deadline = time.monotonic() + BUSY_S
    while True:
        made = socket.socket(type=kind)
        try:
            made.bind((address, port))
        except OSError:
            made.close()
            if kind == socket.SOCK_DGRAM or listens(address, port):
                return "taken"
            if time.monotonic() > deadline:
                return "busy"
            time.sleep(0.1)
        else:
            return made


def say(*words: object) -> None:
    print(*words, flush=True)


def plant(address: str, port: int) -> Iterator[socket.socket]:
    """Yield the sockets of a port, of each protocol that no other process has."""
    for kind, protocol in ((socket.SOCK_STREAM, "tcp"), (socket.SOCK_DGRAM, "udp")):
        made = bound(address, port, kind)
        if isinstance(made, str):
            say(made, protocol, port)
            continue
        if protocol == "tcp":
            made.listen()
        yield made


def echo(caller: socket.socket) -> bool:
    """Send back the data that came, and return whether more may come."""
    try:
        data = caller.recv(1000)
        caller.sendall(data)
    except OSError:
        return False
    return bool(data)


def main(address: str, *ports: str) -> None:
    sockets = {made.fileno(): made for port in ports for made in plant(address, int(port))}
    callers: set[int] = set()
    polled = select.poll()
    for number in (sys.stdin.fileno(), *sockets):
        polled.register(number, select.POLLIN)
    say("ready")
    heard, ended = True, False
    while heard or not ended:  # what had come before the end of the input is told, however late this process runs
        heard = False
        for number, _ in polled.poll():
            if number == sys.stdin.fileno():
                ended = True
                continue
            ready = sockets[number]
            if ready.type == socket.SOCK_DGRAM:
                heard = True
                _, sender = ready.recvfrom(1000)
                say("udp", ready.getsockname()[1], sender[0])
            elif number not in callers:
                caller, _ = ready.accept()
                callers.add(caller.fileno())
                sockets[caller.fileno()] = caller
                polled.register(caller, select.POLLIN)
            elif not echo(ready):
                polled.unregister(ready)
                callers.remove(number)
                sockets.pop(number).close()


main(*sys.argv[1:])
