"""A sender of datagrams and TCP connections to ports: `send.py <from> <to> <port>...`.

The script prints `<port> open`, `<port> closed` if nothing answers, or `<port> <kernel's error>` for each TCP port.
"""

import errno
import os
import select
import socket
import sys
import time

CONNECT_TIMEOUT_S = 3.5  # two more attempts of the kernel, after 1 s and after 3 s


def main(source: str, target: str, *ports: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        for _ in range(3):
            for port in ports:
                sender.sendto(b"probe", (target, int(port)))
            time.sleep(0.05)

    polled = select.poll()
    callers: dict[int, tuple[str, socket.socket]] = {}
    for port in ports:
        caller = socket.socket()
        caller.setblocking(False)
        caller.bind((source, 0))
        result = caller.connect_ex((target, int(port)))
        if result not in (0, errno.EINPROGRESS):
            print(port, os.strerror(result))
            continue
        callers[caller.fileno()] = (port, caller)
        polled.register(caller, select.POLLOUT)
    deadline = time.monotonic() + CONNECT_TIMEOUT_S
    # At the deadline comes a last look: a connection that was made while this process had no core is open.
    while callers and (ready := polled.poll(max(0, deadline - time.monotonic()) * 1000)):
        for number, _ in ready:
            polled.unregister(number)
            port, caller = callers.pop(number)
            result = caller.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            print(port, os.strerror(result) if result else "open")
            caller.close()
    for port, caller in callers.values():
        print(port, "closed")
        caller.close()


main(*sys.argv[1:])
