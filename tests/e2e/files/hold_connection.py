"""Holds one connection: `talk.py <from> <to> <port>`. Sends each line of its input, and prints what comes back."""

import socket
import sys


def main(source: str, target: str, port: str) -> None:
    with socket.create_connection((target, int(port)), timeout=10, source_address=(source, 0)) as held:
        print("connected", flush=True)
        for line in sys.stdin:
            held.sendall(line.encode())
            print(held.recv(1000).decode().strip(), flush=True)


main(*sys.argv[1:])
