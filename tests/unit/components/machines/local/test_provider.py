"""components/machines/local/provider.py: local machines as a provider."""

from ipaddress import IPv4Network

from components.machines.local.provider import PROVIDER
from components.ports import TrafficSource
from tests.support import plans


def test_local_machines_need_no_secret() -> None:
    assert list(PROVIDER.missing_secrets(plans.local(), [])) == []


def test_half_of_a_key_is_refused_for_local_machines() -> None:
    machines = plans.local(ssh={"public_key": "ssh-ed25519 A"})
    assert [line.partition(":")[0] for line in PROVIDER.missing_secrets(machines, [])] == ["ssh_private_key"]


def test_firewall_that_shuts_the_gateway_out_is_refused() -> None:
    machines = plans.local(subnet="10.77.0.0/16")
    [line] = PROVIDER.conflicts(machines, plans.plan())
    assert line.startswith("firewall.management: 192.0.2.0/24 given; allowed: networks that hold 10.77.0.1")
    sources = {**plans.plan().sources, TrafficSource.MANAGEMENT: [IPv4Network("10.77.0.1/32")]}
    assert list(PROVIDER.conflicts(machines, plans.plan(sources=sources))) == []
