"""Fixed addresses for the machines of a network that the program makes itself."""

from ipaddress import IPv4Address, IPv4Network
from zlib import crc32

BLOCK_SIZE = 64  # addresses of one pool: 60 machines and room to spare


def block(subnet: IPv4Network, pool: str) -> int:
    """Which block of the subnet a pool's machines live in.

    It depends on the pool's name alone, so that no other pool, new, gone or resized, ever moves a machine.
    The first block is left to the network's gateway.
    """
    return 1 + crc32(pool.encode()) % (subnet.num_addresses // BLOCK_SIZE - 1)


def address(subnet: IPv4Network, pool: str, ordinal: int) -> IPv4Address:
    """Address of machine `<pool>-<ordinal>`."""
    return subnet[BLOCK_SIZE * block(subnet, pool) + ordinal]
