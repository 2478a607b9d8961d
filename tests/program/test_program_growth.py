"""Pools grow and shrink without a change on the machines that stay."""

import pytest

from tests.mocked import Engine, run_program
from tests.stack_config import changed, target

SPARE = {"role": "worker", "count": 2}


def resources(engine: Engine) -> dict[str, object]:
    """What makes the real engine update or replace a resource; components only show settings."""
    return {
        name: (given, str(engine.options[name].replacement_trigger))
        for name, given in engine.given.items()
        if name not in engine.components()
    }


def growth(before: Engine, after: Engine) -> tuple[set[str], set[str]]:
    """Names of the resources that are new, and of those that are changed or gone."""
    old, new = resources(before), resources(after)
    return set(new) - set(old), {name for name in old if old[name] != new.get(name)}


def of_machine(name: str) -> set[str]:
    """The resources of one worker."""
    parts = "disk host-key engine-install engine-configure membership-node membership-join membership-active".split()
    return {name, *(f"{name}-{part}" for part in parts)}


def test_a_third_worker_is_all_that_is_added() -> None:
    before, after = run_program(target(workers=2)).engine, run_program(target(workers=3)).engine
    assert growth(before, after) == (of_machine("worker-3"), set())


@pytest.mark.parametrize("pool", ["a-first-pool", "zz-last-pool"])
def test_another_pool_is_all_that_is_added_wherever_it_sorts(pool: str) -> None:
    before = run_program(target(workers=1)).engine
    after = run_program(changed(target(workers=1), f"machines.pools.{pool}", SPARE)).engine
    assert growth(before, after) == (of_machine(f"{pool}-1") | of_machine(f"{pool}-2"), set())


def test_an_empty_pool_is_no_machine() -> None:
    assert set(run_program(target(workers=0)).outputs["machines"]) == {"manager-1"}


def test_two_more_managers_change_only_who_is_known_as_a_manager() -> None:
    before, after = run_program(target(managers=1)).engine, run_program(target(managers=3)).engine
    added, touched = growth(before, after)
    certificates = {f"certificates-manager-{n}-{part}" for n in (2, 3) for part in ("key", "request", "cert")}
    assert added == of_machine("manager-2") | of_machine("manager-3") | certificates
    assert touched == {"swarm-init", "traefik-certificate-cert", "traefik-converged"}


def test_another_entry_touches_no_machine_and_no_service() -> None:
    document = target(managers=3, workers=1)
    before, after = run_program(document).engine, run_program(changed(document, "swarm.entry", "manager-2")).engine
    added, touched = growth(before, after)
    assert not added
    docker = {name for name in touched if before.types[name].startswith("docker:")}
    assert docker == set()
    assert "swarm-engine" in touched
