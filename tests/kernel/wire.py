"""What goes over the network of guests, and what a stranger puts there."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.background import repeated

ALL_PROTOCOLS = 0x0003  # ETH_P_ALL
ESP, UDP, VXLAN_PORT = 50, 17, 4789
ETHERNET_LENGTH = 14


@dataclass
class Frames:
    """The frames between two addresses, in both directions."""

    pair: frozenset[str]
    packets: list[bytes] = field(default_factory=list)  # of IPv4

    def see(self, frame: bytes) -> None:
        packet = frame[ETHERNET_LENGTH:]
        if (
            frame[12:14] == b"\x08\x00"
            and frozenset(map(socket.inet_ntoa, (packet[12:16], packet[16:20]))) == self.pair
        ):
            self.packets.append(packet)

    def count(self, protocol: int) -> int:
        return sum(packet[9] == protocol for packet in self.packets)

    def show(self, text: bytes) -> bool:
        """Return whether a text can be read in them."""
        return any(text in packet for packet in self.packets)


@contextmanager
def listening(device: str, *pair: str) -> Iterator[Frames]:
    """Yield the frames that a device of this computer sees between two addresses until the context ends."""
    frames = Frames(frozenset(pair))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(ALL_PROTOCOLS)) as ear:
        ear.bind((device, 0))
        ear.settimeout(0.2)

        def hear() -> None:
            with suppress(TimeoutError):
                frames.see(ear.recv(65535))

        with repeated(hear):
            yield frames


def inject(source: str, to: str, network: int, text: bytes) -> None:
    """Send a packet of the overlay network of that number (VNI) that is not encrypted, as if `source` had sent it."""
    inner = b"\x02" * 12 + b"\x08\x00" + text
    vxlan = struct.pack("!II", 0x08000000, network << 8) + inner
    udp = struct.pack("!HHHH", 40000, VXLAN_PORT, 8 + len(vxlan), 0) + vxlan
    addresses = socket.inet_aton(source) + socket.inet_aton(to)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, UDP, 0) + addresses
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as mouth:
        mouth.sendto(header + udp, (to, 0))
