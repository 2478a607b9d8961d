"""Answers each datagram to the ports that are its arguments with what it said."""

import select
import socket
import sys

ears = []
for port in sys.argv[1:]:
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("0.0.0.0", int(port)))
    ears.append(ear)
while True:
    for ear in select.select(ears, [], [])[0]:
        said, sender = ear.recvfrom(1500)
        ear.sendto(said, sender)
