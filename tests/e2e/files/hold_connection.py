"""A TCP connection that is held open: `hold_connection.py <from> <to> <port>`.

The script sends each line of its input, and prints the answer.
"""

import socket
import sys


def main(source: str, target: str, port: str) -> None:
    with socket.create_connection((target, int(port)), timeout=10, source_address=(source, 0)) as held:
        print("connected", flush=True)
        for line in sys.stdin:
            held.sendall(line.encode())
            print(held.recv(1000).decode().strip(), flush=True)


main(*sys.argv[1:])
