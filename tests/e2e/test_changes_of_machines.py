"""Changes of machines and engines, managers too: who asks an application at the virtual IP loses no request."""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.asking import asking
from tests.e2e.harness import Stack, docker
from tests.e2e.rolling import (
    REPLICAS,
    WORKERS,
    assert_as_before,
    assert_unnoticed,
    change,
    entry,
    node_of,
    since,
    target_with_virtual_ip,
    watched,
)
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")
POOL = "machines.pools.worker.count"
OVERRIDES = "machines.overrides"
LONGEST_PAUSE_S = 10  # of a client, when a machine dies that has one of two replicas


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three managers with a virtual IP, and two workers with two applications."""
    with target_with_virtual_ip("changes-machines", Path(tmp_path_factory.mktemp("changes-machines")), 2) as target:
        yield target


def drained(*machines: str) -> Mapping[str, Mapping[str, str]]:
    """Return the settings of machines that are drained."""
    return {machine: {"availability": "drain"} for machine in machines}


def test_settings_of_engines(target: Stack) -> None:
    def roll(files: int) -> None:
        before = {machine: since(target, machine) for machine in (*WORKERS, *MANAGERS)}
        text = change(target, "engine.log_max_files", files).text
        assert all(since(target, machine) != was for machine, was in before.items()), text

    with watched(target) as away:
        assert_unnoticed(target, "settings of engines", lambda: roll(4), lambda: roll(5))
    assert away == []
    assert_as_before(target)


def test_pool_grows_and_shrinks(target: Stack) -> None:
    """The applications move to the new machines, and back from them as these leave."""

    def grow() -> None:
        change(target, POOL, 5)
        change(target, OVERRIDES, drained(*WORKERS))
        assert {node_of(target, name) for name in REPLICAS} <= {"worker-3", "worker-4", "worker-5"}

    def shrink() -> None:
        target.set(OVERRIDES, {})
        change(target, POOL, 2)
        assert {node_of(target, name) for name in REPLICAS} <= {*WORKERS}
        assert target.nodes() == dict.fromkeys((*MANAGERS, *WORKERS), "Ready Active")

    assert_unnoticed(target, "pool 2 -> 5 -> 2", grow, shrink)
    assert_as_before(target)


def test_one_worker_is_drained_after_the_other(target: Stack) -> None:
    """The update that drains the second one lets tasks onto the first one again."""

    def drain(machine: str) -> None:
        text = change(target, OVERRIDES, drained(machine)).text
        assert {node_of(target, name) for name in REPLICAS} <= {*WORKERS} - {machine}
        assert "stops for a while" not in text

    assert_unnoticed(
        target,
        "drained by a setting",
        lambda: drain("worker-1"),
        lambda: drain("worker-2"),
        lambda: change(target, OVERRIDES, {}),
    )
    assert_as_before(target)


def nodes_of(target: Stack, service: str) -> set[str]:
    """Return the machines of a service's tasks that are to run."""
    listed = ("service", "ps", "--filter=desired-state=running", "--format={{.Node}}", service)
    return set(target.on("manager-1", "docker", *listed).text.split())


@pytest.mark.parametrize("machine", WORKERS)
def test_clients_go_on_when_a_worker_dies_and_make_up_repairs_it(target: Stack, machine: str) -> None:
    """The application has a replica on each worker: Swarm takes longer to start an only one elsewhere."""
    assert target.on("manager-1", "docker", "service", "update", "--force", "--quiet", "two").code == 0
    wait_for(lambda: nodes_of(target, "two") == set(WORKERS), "each worker has a replica", 60)
    with asking(entry(target), ["two.test"]) as answers:
        told = answers["two.test"]
        wait_for(lambda: told.right > 20, "the client gets answers", 60)
        docker("kill", target.container(machine))
        right = told.right
        wait_for(lambda: told.right > right + 200, "the client gets answers again", 120)
        began = time.monotonic()
        repaired = target.make("up")
        took_s = time.monotonic() - began
    print(f"{machine} dies: {told}, wrong for {told.wrong_for_s:.1f} s; make up took {took_s:.0f} s", end="")
    print(f", load {os.getloadavg()[0]:.0f}", flush=True)
    assert repaired.code == 0, repaired.text
    assert told.longest_pause_s <= LONGEST_PAUSE_S
    assert told.wrong_for_s <= LONGEST_PAUSE_S
    assert_as_before(target)
