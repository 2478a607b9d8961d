"""Mistakes in the configuration of machines, engines and the swarm: a line for each, and nothing is made."""

from typing import Any

from components.errors import NAMESPACE
from tests.settings.bases import API_MANAGER, PLACED
from tests.settings.loading import load, mistakes, refusals, taken
from tests.settings.rows import with_all
from tests.support.configs import changed, existing, exoscale, target, without


def first_parts(lines: list[str], separator: str = ":") -> list[str]:
    """What each line begins with."""
    return [line.split(separator)[0] for line in lines]


def test_number_of_managers_without_a_clear_majority_is_refused() -> None:
    for managers in (0, 2, 4, 6, 8, 9):
        assert refusals(target(managers=managers)) == [
            f"machines.pools: {managers} managers given; allowed: 1, 3, 5 or 7 (an even number adds no safety)"
        ]


def test_number_of_managers_with_a_clear_majority_is_taken() -> None:
    for managers in (1, 3, 5, 7):
        assert len(taken(target(managers=managers)).machines.names("manager")) == managers


def test_pools_without_a_manager_are_told_that_they_have_none() -> None:
    """Nobody wrote the number 0."""
    for document in (target(), exoscale(), existing()):
        for pools in ({}, {"worker": document["machines"]["pools"]["worker"]}):
            assert refusals(changed(document, "machines.pools", pools)) == [
                "machines.pools: no pool with role: manager; required: one that has 1, 3, 5 or 7 machines"
            ]


def test_machines_without_a_provider_get_the_names_of_all() -> None:
    without_provider: list[dict[str, Any]] = [{}, {"pools": {}}]
    for machines in without_provider:
        assert refusals(target(machines=machines)) == [
            "machines.provider: not given; required: provider of the machines; "
            "allowed: 'local', 'exoscale' or 'existing'"
        ]


def test_loss_of_all_managers_is_refused_in_one_line() -> None:
    for managers in (1, 3):
        names = [f"manager-{number}" for number in range(1, managers + 1)]
        assert refusals(changed(target(managers=managers), "machines.lost", names)) == [
            f"machines.lost: {', '.join(names)} given, which leaves no manager; required: a manager that is not lost "
            "(without any, the swarm is lost: make a new stack)"
        ]


def test_setting_that_no_machine_fits_says_so() -> None:
    document = changed(target(managers=3, workers=0), "machines.lost", ["manager-1"])
    for name in ("manager-2", "manager-3"):
        document = changed(document, f"machines.overrides.{name}.availability", "drain")
    none = "not given, which means manager-1; allowed: an active machine that is not lost, and there is none"
    assert set(refusals(document)) >= {f"nfs.machine: {none}", f"monitoring.machine: {none}"}


def test_managers_of_several_pools_are_counted_together() -> None:
    pools = {"a": {"role": "manager", "count": 1}, "b": {"role": "manager", "count": 2}}
    document = with_all(target(), {"machines.pools": pools, **dict.fromkeys(PLACED, "b-1")})
    assert taken(document).machines.names("manager") == ["a-1", "b-1", "b-2"]
    assert "3" not in refusals(changed(document, "machines.pools.b.count", 1))[0].split(";")[0]


def test_network_that_overlaps_the_machines_is_refused() -> None:
    outside = "allowed: a network outside machines.subnet, 10.77.0.0/16; or change that one"
    assert refusals(changed(target(), "engine.address_pools[0].base", "10.77.8.0/24")) == [
        f"engine.address_pools[0].base: 10.77.8.0/24 given; {outside}"
    ]
    assert refusals(changed(target(), "swarm.address_pools", ["10.64.0.0/10"])) == [
        f"swarm.address_pools[0]: 10.64.0.0/10 given; {outside}"
    ]


def test_default_that_overlaps_the_machines_is_no_fault_of_the_user() -> None:
    """Whichever of the two the user gave, the line says which network is the default."""
    for document, path in ((target(), "machines.subnet"), (exoscale(), "machines.private_network")):
        lines = refusals(changed(document, path, "10.200.0.0/16"))
        assert lines[0] == (
            f"engine.address_pools[0].base: 10.200.0.0/16 (the default); allowed: a network outside {path}, "
            "10.200.0.0/16; or change that one"
        )


def test_overlay_network_that_overlaps_one_of_an_engine_is_refused_by_its_place_in_the_list() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.8.0.0/16"}, {"base": "10.9.0.0/16"}])
    document = changed(document, "swarm.address_pools", ["10.201.0.0/16", "10.9.8.0/24"])
    assert refusals(document) == [
        "swarm.address_pools[1]: 10.9.8.0/24 given; "
        "allowed: a network outside engine.address_pools[1].base, 10.9.0.0/16; or change that one"
    ]


def test_adjacent_networks_do_not_overlap() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.76.0.0/16"}])
    assert taken(changed(document, "swarm.address_pools", ["10.78.0.0/16"]))


def test_networks_larger_than_their_pool_are_refused() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.8.0.0/20", "prefix": 19}])
    assert refusals(document) == [
        "engine.address_pools[0].prefix: 19 given; allowed: 20 to 28, within 10.8.0.0/20",
    ]
    document = changed(target(), "swarm.address_pools", ["10.8.0.0/16", "10.9.0.0/20"])
    assert refusals(changed(document, "swarm.subnet_prefix", 19)) == [
        "swarm.subnet_prefix: 19 given; allowed: 20 to 28, within 10.9.0.0/20",
    ]


def test_pool_too_small_for_any_network_is_refused_as_such() -> None:
    small = "allowed: a network of /28 or larger, such as 10.77.0.0/16"
    assert refusals(changed(target(), "engine.address_pools", [{"base": "10.8.0.0/29"}])) == [
        f'engine.address_pools[0].base: "10.8.0.0/29" given; {small}'
    ]
    assert refusals(changed(target(), "swarm.address_pools", ["10.8.0.0/29"])) == [
        f'swarm.address_pools[0]: "10.8.0.0/29" given; {small}'
    ]


def test_two_pools_on_the_same_addresses_are_refused_by_name() -> None:
    """A /24 has three blocks of addresses, and there are four pools."""
    document = changed(target(), "machines.subnet", "10.77.0.0/24")
    for pool in ("one", "two"):
        document = changed(document, f"machines.pools.{pool}", {"role": "worker", "count": 1})
    (line,) = refusals(document)
    assert line.startswith("machines.pools: `")
    assert line.endswith(
        "` fall on the same addresses of 10.77.0.0/24; allowed: another name for one of them, or a larger subnet"
    )


def test_entry_that_is_no_manager_is_refused() -> None:
    for entry in ("worker-1", "manager-2", "manager"):
        document = changed(target(managers=1), API_MANAGER, entry)
        assert refusals(document) == [f'{API_MANAGER}: "{entry}" given; allowed: one of manager-1']


def test_label_of_more_than_one_line_is_refused() -> None:
    (line,) = refusals(changed(target(), "machines.pools.worker.labels", {"disk": "ssd\nrole=fake"}))
    assert line.startswith("machines.pools.worker.labels.disk: ")


def test_every_mistake_has_its_line() -> None:
    document = changed(target(), "machines.provider", "azure")
    document = changed(document, "engine.log_max_file", 3)
    document = changed(document, "swarm.address_pools", ["10.201.0.0/16", "10.202.0.0"])
    document = changed(document, "firewal", {})
    lines = mistakes(changed(document, "swarm.address_pools[1]", "10.202.0.1/16"))
    assert first_parts(lines) == ["machines.provider", "engine.log_max_file", "swarm.address_pools[1]", "firewal"]


def test_all_overlaps_are_told_at_once() -> None:
    document = changed(target(), "engine.address_pools", [{"base": "10.77.0.0/17"}])
    lines = refusals(changed(document, "swarm.address_pools", ["10.77.128.0/17"]))
    assert first_parts(lines) == ["engine.address_pools[0].base", "swarm.address_pools[0]"]


def test_section_that_is_no_json_is_shown_as_it_was_given() -> None:
    assert mistakes(without(target(), "machines"), plain={"machines": "local"}) == [
        'machines: "local" given; allowed: an object of keys and values, such as '
        '{"provider": "local", "pools": {"manager": {"role": "manager"}}}'
    ]


def test_empty_configuration_lacks_what_is_required() -> None:
    assert first_parts(mistakes({}), ";") == ["kind: not given", "machines: not given", "firewall: not given"]


def test_keys_are_those_of_the_namespace_of_the_program() -> None:
    assert NAMESPACE == "nuvla-swarm"
    document = {**target(), "domain": "example.org"}
    assert load(document, plain={}).domain == "example.org"
