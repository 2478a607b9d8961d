"""Sends a word to each "<protocol>/<port>" of an address, from an address of its own or from any; "ip/112": by VRRP.

Prints for each of tcp whether it could connect: "<port> open" or "<port> closed".
"""

import errno
import select
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

PATIENCE_S = 0.25  # the kernel of this computer answers at once
LATE_S = 0.05  # a wait that takes as much longer shows that others want the cores: the kernel may answer late, too
MOST_LOOKS = 6  # also after the kernel has asked a second time, which is after a second


def connect(sender: str, address: str, port: int) -> str:
    """Also after the connection was made a word may be dropped."""
    with socket.socket() as one:
        one.setblocking(False)
        try:
            one.bind((sender, 0))
            if one.connect_ex((address, port)) not in (0, errno.EINPROGRESS) or not is_answered(one):
                return "closed"
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return "closed"
            one.sendall(b"word")
        except OSError:
            return "closed"
        return "open"


def is_answered(one: socket.socket) -> bool:
    """Whether there is an answer, be it a refusal, in a time that was as long as it should be."""
    for _ in range(MOST_LOOKS):
        began = time.monotonic()
        if select.select([], [one], [], PATIENCE_S)[1]:
            return True
        if time.monotonic() - began < PATIENCE_S + LATE_S:
            return False
    return False


def send(sender: str, address: str, port: int) -> None:
    """One datagram, also to everybody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        one.bind((sender, 0))
        one.sendto(b"word", (address, port))


def send_by(protocol: int, sender: str, address: str) -> None:
    """One packet of a protocol that has no ports."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as one:
        one.bind((sender, 0))
        one.sendto(b"word", (address, 0))


def main(sender: str, address: str, *wanted: str) -> None:
    """All at once: what is closed takes its time."""
    ports = {one: int(one.partition("/")[2]) for one in wanted}
    for port in (port for one, port in ports.items() if one.startswith("udp")):
        send(sender, address, port)
    for protocol in (number for one, number in ports.items() if one.startswith("ip")):
        send_by(protocol, sender, address)
    streams = [port for one, port in ports.items() if one.startswith("tcp")]
    with ThreadPoolExecutor(max(len(streams), 1)) as pool:
        answers = pool.map(lambda port: connect(sender, address, port), streams)
        for port, answer in zip(streams, answers, strict=True):
            print(port, answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
