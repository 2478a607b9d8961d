"""components/machines/exoscale/provider.py: Exoscale as a provider."""

from ipaddress import IPv4Network

import pytest

from components.machines.exoscale.provider import PROVIDER
from components.machines.prior_state import PriorState
from components.machines.volume import VolumeSpec
from components.ports import TrafficSource
from tests.support import plans

KEYS = ("exoscale_api_key", "exoscale_api_secret")


def test_api_key_comes_from_secrets_or_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.delenv(key.upper(), raising=False)
    [line] = PROVIDER.missing_secrets(plans.exoscale(), [])
    assert line.startswith("exoscale_api_key, exoscale_api_secret: not given; required: an API key")
    assert list(PROVIDER.missing_secrets(plans.exoscale(), KEYS)) == []
    for key in KEYS:
        monkeypatch.setenv(key.upper(), "VALUE")
    assert list(PROVIDER.missing_secrets(plans.exoscale(), [])) == []


def test_source_in_the_private_network_is_refused() -> None:
    machines = plans.exoscale(private_network="10.90.0.0/16")
    sources = {**plans.plan().sources, TrafficSource.USERS: [IPv4Network("0.0.0.0/0"), IPv4Network("10.90.1.0/24")]}
    assert list(PROVIDER.conflicts(machines, plans.plan(sources=sources))) == [
        "firewall.users[1]: 10.90.1.0/24 given; allowed: a network outside machines.private_network, 10.90.0.0/16"
    ]
    assert list(PROVIDER.conflicts(plans.exoscale(), plans.plan(sources=sources))) == []


def test_import_of_a_volume_without_block_storage_is_refused() -> None:
    volumes = {
        "nfs": VolumeSpec(machine="worker-1", id="id-1"),
        "db": VolumeSpec(machine="worker-1", block=True, id="2"),
    }
    [line] = PROVIDER.conflicts(plans.exoscale(), plans.plan(volumes=volumes))
    assert line.startswith("volumes.nfs.import_id: id-1 given; allowed: only with volumes.nfs.block_storage: true")


def test_rules_are_those_of_changes_on_exoscale() -> None:
    prior = PriorState(protected=frozenset({"worker-9"}), names=frozenset({"worker-9"}))
    found = {rule.id: list(rule.check(plans.exoscale(), plans.plan(), prior)) for rule in PROVIDER.rules}
    assert [line.partition(",")[0] for line in found["protection"]] == ["machines: worker-9 would be destroyed"]
    assert [name for name, lines in found.items() if lines] == ["protection"]
