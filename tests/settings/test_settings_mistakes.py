"""What a person reads who made a mistake in the configuration, and that nothing is made then."""

from typing import Any

import pytest

from components.errors import NAMESPACE
from components.machines.local.settings import LocalMachines
from stacks.config import loader
from tests.settings.loading import load, mistakes
from tests.support.configs import changed, target, without

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
OWN_KEY = changed(target(), "machines.ssh.public_key", "ssh-ed25519 AAAA me@here")


@pytest.mark.parametrize("managers", [0, 2, 4, 6, 8, 9])
def test_a_number_of_managers_without_a_clear_majority_is_refused(managers: int) -> None:
    assert mistakes(target(managers=managers)) == [
        f"machines.pools: {managers} managers given; allowed: 1, 3, 5 or 7 (an even number adds no safety)"
    ]


@pytest.mark.parametrize("managers", [1, 3, 5, 7])
def test_a_number_of_managers_with_a_clear_majority_is_taken(managers: int) -> None:
    assert len(load(target(managers=managers)).machines.names("manager")) == managers


def test_managers_of_several_pools_are_counted_together() -> None:
    pools = {"a": {"role": "manager", "count": 1}, "b": {"role": "manager", "count": 2}}
    said = dict.fromkeys(("swarm.api_manager", "nfs.machine", "monitoring.machine"), "b-1")
    document = changed(target(), "machines.pools", pools)
    for path, name in said.items():
        document = changed(document, path, name)
    assert load(document).machines.names("manager") == ["a-1", "b-1", "b-2"]
    assert "3" not in mistakes(changed(document, "machines.pools.b.count", 1))[0].split(";")[0]


@pytest.mark.parametrize(
    ("path", "network", "line"),
    [
        ("engine.address_pools[0].base", "10.77.8.0/24", "engine.address_pools[0].base: 10.77.8.0/24 given"),
        ("swarm.address_pools", ["10.64.0.0/10"], "swarm.address_pools[0]: 10.64.0.0/10 given"),
    ],
)
def test_a_network_that_overlaps_the_machines_is_refused(path: str, network: Any, line: str) -> None:
    assert mistakes(changed(target(), path, network)) == [
        f"{line}; allowed: a network outside machines.subnet, 10.77.0.0/16"
    ]


def test_overlay_networks_that_overlap_an_engines_own_are_refused_by_their_place_in_the_lists() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.8.0.0/16"}, {"base": "10.9.0.0/16"}])
    document = changed(document, "swarm.address_pools", ["10.201.0.0/16", "10.9.8.0/24"])
    assert mistakes(document) == [
        "swarm.address_pools[1]: 10.9.8.0/24 given; "
        "allowed: a network outside engine.address_pools[1].base, 10.9.0.0/16"
    ]


def test_adjacent_networks_do_not_overlap() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.76.0.0/16"}])
    assert load(changed(document, "swarm.address_pools", ["10.78.0.0/16"]))


def test_networks_larger_than_their_pool_are_refused() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.8.0.0/20", "prefix": 19}])
    assert mistakes(document) == [
        "engine.address_pools[0].prefix: 19 given; allowed: 20 to 28, within 10.8.0.0/20",
    ]
    document = changed(target(), "swarm.address_pools", ["10.8.0.0/16", "10.9.0.0/20"])
    assert mistakes(changed(document, "swarm.subnet_prefix", 19)) == [
        "swarm.subnet_prefix: 19 given; allowed: 20 to 28, within 10.9.0.0/20",
    ]


def test_a_pool_too_small_for_any_network_is_refused_as_such() -> None:
    small = "allowed: a network of /28 or larger"
    assert mistakes(changed(target(), "engine.address_pools", [{"base": "10.8.0.0/29"}])) == [
        f'engine.address_pools[0].base: "10.8.0.0/29" given; {small}'
    ]
    assert mistakes(changed(target(), "swarm.address_pools", ["10.8.0.0/29"])) == [
        f'swarm.address_pools[0]: "10.8.0.0/29" given; {small}'
    ]


def test_two_pools_on_the_same_addresses_are_refused_by_name() -> None:
    document = changed(target(), "machines.subnet", "10.77.0.0/24")  # three blocks of addresses for four pools
    for pool in ("one", "two"):
        document = changed(document, f"machines.pools.{pool}", {"role": "worker", "count": 1})
    (line,) = mistakes(document)
    assert line.startswith("machines.pools: `")
    assert line.endswith(
        "` fall on the same addresses of 10.77.0.0/24; allowed: another name for one of them, or a larger subnet"
    )


@pytest.mark.parametrize("entry", ["worker-1", "manager-2", "manager"])
def test_an_entry_that_is_no_manager_is_refused(entry: str) -> None:
    document = changed(target(managers=1), "swarm.api_manager", entry)
    assert mistakes(document) == [f'swarm.api_manager: "{entry}" given; allowed: one of manager-1']


def test_every_mistake_has_its_line() -> None:
    document = changed(target(), "machines.provider", "azure")
    document = changed(document, "engine.log_max_file", 3)
    document = changed(document, "swarm.address_pools", ["10.201.0.0/16", "10.202.0.0"])
    document = changed(document, "firewal", {})
    lines = mistakes(changed(document, "swarm.address_pools[1]", "10.202.0.1/16"))
    assert [line.split(":")[0] for line in lines] == [
        "machines.provider",
        "engine.log_max_file",
        "swarm.address_pools[1]",
        "firewal",
    ]


def test_all_overlaps_are_told_at_once() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.77.0.0/17"}])
    lines = mistakes(changed(document, "swarm.address_pools", ["10.77.128.0/17"]))
    assert [line.split(":")[0] for line in lines] == ["engine.address_pools[0].base", "swarm.address_pools[0]"]


def test_a_section_that_is_no_json_is_shown_as_it_was_given() -> None:
    assert mistakes(without(target(), "machines"), plain={"machines": "local"}) == [
        'machines: "local" given; allowed: an object of keys and values'
    ]


def test_an_empty_configuration_lacks_what_is_required() -> None:
    assert [line.split(";")[0] for line in mistakes({})] == [
        "kind: not given",
        "machines: not given",
        "firewall: not given",
    ]


def test_keys_of_other_namespaces_are_none_of_ours() -> None:
    assert NAMESPACE == "nuvla-swarm"
    document = {**target(), "domain": "example.org"}
    assert load(document, plain={}).domain == "example.org"


def test_a_secret_in_plain_text_is_refused_and_not_repeated() -> None:
    lines = mistakes(OWN_KEY, plain={"ssh_private_key": KEY})
    assert lines == [
        "ssh_private_key: given in plain text; "
        "allowed: a secret, `pulumi config set --secret nuvla-swarm:ssh_private_key`"
    ]


def test_a_private_key_in_the_place_of_the_public_one_is_not_repeated() -> None:
    (line,) = mistakes(changed(target(), "machines.ssh.public_key", KEY), {"ssh_private_key": KEY})
    assert line.startswith("machines.ssh.public_key: a private key given; allowed: ")


def test_a_misspelt_secret_is_refused_and_not_repeated() -> None:
    (line,) = mistakes(target(), {"ssh_private_kee": KEY})
    assert line.startswith("ssh_private_kee: unknown key; allowed in the configuration: kind, ")
    assert line.endswith(f", {', '.join(loader.SECRETS)}")


def test_both_halves_of_an_own_key_are_required() -> None:
    both = "not given; required: both halves of your own SSH key, or none to have one made"
    assert mistakes(OWN_KEY) == [f"ssh_private_key: {both}"]
    assert mistakes(target(), {"ssh_private_key": KEY}) == [f"machines.ssh.public_key: {both}"]
    machines = load(OWN_KEY, {"ssh_private_key": KEY}).machines
    assert isinstance(machines, LocalMachines)
    assert machines.ssh.public_key == "ssh-ed25519 AAAA me@here"


def test_a_label_of_more_than_one_line_is_refused() -> None:
    (line,) = mistakes(changed(target(), "machines.pools.worker.labels", {"disk": "ssd\nrole=fake"}))
    assert line.startswith("machines.pools.worker.labels.disk: ")
