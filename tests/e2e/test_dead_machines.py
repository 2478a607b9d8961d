"""Any machine may die: `make up` puts each of three managers and each worker back, and the next one changes nothing."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Result, Stack, docker
from tests.e2e.managers import MACHINES, MANAGERS, target_of_managers
from tests.e2e.settling import assert_settled
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow


def kill(target: Stack, machine: str) -> None:
    """Stop a machine at once, as a failure of its host does."""
    docker("kill", target.container(machine))


def remove(target: Stack, machine: str) -> None:
    """Remove a machine; its disk stays."""
    docker("rm", "--force", target.container(machine))


DEATHS: dict[str, Callable[[Stack, str], None]] = {
    "killed": kill,
    "removed": remove,
    "removed with its disk": Stack.remove_with_disk,
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three managers and a worker that is up; each test damages and repairs it."""
    with target_of_managers("dead", Path(tmp_path_factory.mktemp("dead"))) as target:
        yield target


def repair(target: Stack, what: str) -> Result:
    """Run `make up` until all machines are members again, and print how long it took."""
    start = time.monotonic()
    repaired = target.make("up")
    took_s = time.monotonic() - start
    assert repaired.code == 0, repaired.text
    ready = {(name, "Ready Active") for name in MACHINES}
    wait_for(lambda: set(target.nodes().items()) == ready, "all are ready", 60, lambda: str(target.nodes()))
    all_s, load = time.monotonic() - start, os.getloadavg()[0]
    print(f"{what}: make up took {took_s:.0f} s, all were ready after {all_s:.0f} s, load {load:.0f}", flush=True)
    return repaired


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("death", DEATHS)
def test_machine_that_died_is_back_after_make_up(target: Stack, machine: str, death: str) -> None:
    DEATHS[death](target, machine)
    repaired = repair(target, f"{machine} {death}")
    if machine == "manager-1":
        assert "its API manager manager-1 does not answer; asks manager-" in repaired.text, repaired.text
    # Without its disk, the API manager is a new member, which joins through another manager.
    has_joined_again = machine == "manager-1" and death == "removed with its disk"
    assert_settled(target, "manager-1", "manager-2" if has_joined_again else "manager-1")


def test_two_of_three_managers_that_were_killed_start_again(target: Stack) -> None:
    """The swarm has no leader meanwhile; their disks are there, so that nothing has to be recovered."""
    for machine in MANAGERS[:2]:
        kill(target, machine)
    repair(target, "two managers killed")
    assert_settled(target, "manager-1", "manager-1")
