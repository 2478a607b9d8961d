"""components/machines/existing/provider.py: existing hosts as a provider."""

from ipaddress import IPv4Network

from components.machines.existing.provider import PROVIDER
from components.machines.prior_state import PriorState
from tests.support import plans


def test_existing_machines_need_the_key_that_opens_them() -> None:
    assert list(PROVIDER.missing_secrets(plans.existing(), ["ssh_private_key"])) == []
    [line] = PROVIDER.missing_secrets(plans.existing(), [])
    assert line.startswith("ssh_private_key: not given; required: the key that opens the machines")


def test_container_network_with_the_address_of_a_host_is_refused() -> None:
    apart = ("swarm.address_pools[0]", IPv4Network("10.201.0.0/16"))
    wrong = ("engine.address_pools[0]", IPv4Network("198.51.100.0/28"))
    lines = list(PROVIDER.conflicts(plans.existing(), plans.plan(container_networks=[apart, wrong])))
    assert lines[0] == (
        "engine.address_pools[0]: 198.51.100.0/28 given; allowed: a network without machine manager-1, 198.51.100.1"
    )
    assert {line.partition(":")[0] for line in lines} == {"engine.address_pools[0]"}


def test_volumes_in_one_folder_or_in_each_other_are_refused() -> None:
    machines = plans.existing(data_path="/data")
    cases: list[tuple[dict[str, str | None], list[str]]] = [
        ({"nfs": None, "grafana": None}, []),
        (
            {"nfs": "/srv", "grafana": "/srv"},
            ["volumes.grafana.path: /srv given; allowed: another folder than"],
        ),
        ({"nfs": "/srv", "grafana": "/srv/in"}, ["volumes.grafana.path: /srv/in given; allowed: a folder outside"]),
        ({"nfs": "/data", "grafana": None}, ["volumes.nfs.path: /data given; allowed: a folder without that of"]),
    ]
    for paths, starts in cases:
        lines = list(PROVIDER.conflicts(machines, plans.plan(volume_paths=paths)))
        assert len(lines) == len(starts), lines
        assert [line for line, start in zip(lines, starts, strict=True) if not line.startswith(start)] == []


def test_rules_are_those_of_changes_of_hosts() -> None:
    key = plans.existing().hosts()["worker-1"].host_key
    prior = PriorState(hosts={"worker-9": key}, machines=frozenset({"worker-9"}))
    assert [rule.id for rule in PROVIDER.rules if list(rule.check(plans.existing(), plans.plan(), prior))] == [
        "host-name"
    ]
    assert PROVIDER.is_same_machine(plans.existing(), prior, "worker-9")
