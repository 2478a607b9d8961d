"""components/machines/pool_addresses.py: the address of a machine follows from its name alone."""

import random
from ipaddress import IPv4Network

import pytest

from components.machines.pool_addresses import address, block

SUBNETS = [IPv4Network(text) for text in ("10.77.0.0/16", "10.77.0.0/20", "192.168.7.0/24")]
NAMES = [f"pool-{random.Random(n).randrange(10**6)}" for n in range(200)]


@pytest.mark.parametrize("subnet", SUBNETS, ids=str)
def test_addresses_of_a_full_pool_are_hosts_of_the_subnet(subnet: IPv4Network) -> None:
    hosts = set(subnet.hosts())
    for name in NAMES:
        assert {address(subnet, name, ordinal) for ordinal in range(1, 61)} <= hosts


@pytest.mark.parametrize("subnet", SUBNETS, ids=str)
def test_addresses_keep_clear_of_the_gateway(subnet: IPv4Network) -> None:
    assert all(address(subnet, name, 1) > subnet[63] for name in NAMES)


@pytest.mark.parametrize("subnet", SUBNETS, ids=str)
def test_addresses_of_one_pool_are_consecutive(subnet: IPv4Network) -> None:
    for name in NAMES:
        first = int(address(subnet, name, 1))
        assert [int(address(subnet, name, ordinal)) - first for ordinal in (1, 2, 60)] == [0, 1, 59]


@pytest.mark.parametrize("subnet", SUBNETS, ids=str)
def test_pools_in_different_blocks_share_no_address(subnet: IPv4Network) -> None:
    by_block: dict[int, set[str]] = {}
    for name in NAMES:
        by_block.setdefault(block(subnet, name), set()).update(str(address(subnet, name, n)) for n in range(1, 61))
    everything = [one for addresses in by_block.values() for one in addresses]
    assert len(everything) == len(set(everything))


def test_addresses_are_the_same_in_every_release() -> None:
    """Another address would replace the machines that run."""
    subnet = IPv4Network("10.77.0.0/16")
    assert str(address(subnet, "manager", 1)) == "10.77.154.65"
    assert str(address(subnet, "worker", 2)) == "10.77.132.2"
