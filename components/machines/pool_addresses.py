"""Fixed addresses of machines on a network that the program creates."""

from ipaddress import IPv4Address, IPv4Network
from zlib import crc32

BLOCK_SIZE = 64  # addresses of one pool: 60 machines and room to spare


def block(subnet: IPv4Network, pool: str) -> int:
    """Return the number of the block of the subnet that holds a pool's machines.

    The number depends on the pool's name alone: adding, removing or resizing another pool moves no machine.
    No pool gets the first block, which holds the network's gateway.
    """
    return 1 + crc32(pool.encode()) % (subnet.num_addresses // BLOCK_SIZE - 1)


def address(subnet: IPv4Network, pool: str, ordinal: int) -> IPv4Address:
    """Return the address of machine `<pool>-<ordinal>`."""
    return subnet[BLOCK_SIZE * block(subnet, pool) + ordinal]
