"""components/machines/pool_addresses.py: the address of a machine follows from its name alone."""

import random
from ipaddress import IPv4Network

from components.machines.pool_addresses import address, block

SUBNETS = [IPv4Network(text) for text in ("10.77.0.0/16", "10.77.0.0/20", "192.168.7.0/24")]
NAMES = [f"pool-{random.Random(n).randrange(10**6)}" for n in range(200)]


def test_addresses_of_a_full_pool_are_hosts_of_the_subnet() -> None:
    for subnet in SUBNETS:
        hosts = set(subnet.hosts())
        for name in NAMES:
            assert {address(subnet, name, ordinal) for ordinal in range(1, 61)} <= hosts, (subnet, name)


def test_addresses_keep_clear_of_the_gateway() -> None:
    near = [(subnet, name) for subnet in SUBNETS for name in NAMES if address(subnet, name, 1) <= subnet[63]]
    assert near == []


def test_addresses_of_one_pool_are_consecutive() -> None:
    for subnet in SUBNETS:
        for name in NAMES:
            first = int(address(subnet, name, 1))
            offsets = [int(address(subnet, name, ordinal)) - first for ordinal in (1, 2, 60)]
            assert offsets == [0, 1, 59], (subnet, name)


def test_pools_in_different_blocks_share_no_address() -> None:
    for subnet in SUBNETS:
        by_block: dict[int, set[str]] = {}
        for name in NAMES:
            addresses = {str(address(subnet, name, ordinal)) for ordinal in range(1, 61)}
            by_block.setdefault(block(subnet, name), set()).update(addresses)
        everything = [one for addresses in by_block.values() for one in addresses]
        assert len(everything) == len(set(everything)), subnet


def test_addresses_are_the_same_in_every_release() -> None:
    """A changed address would replace running machines."""
    subnet = IPv4Network("10.77.0.0/16")
    assert str(address(subnet, "manager", 1)) == "10.77.154.65"
    assert str(address(subnet, "worker", 2)) == "10.77.132.2"
