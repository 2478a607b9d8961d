"""`make recover`: a swarm that has lost two of three managers is back, with its services, applications and data."""

import os
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Stack, docker
from tests.e2e.managers import MACHINES, MANAGERS, target_of_managers
from tests.e2e.settling import assert_settled
from tests.e2e.waiting import kill_make_after, wait_for

pytestmark = pytest.mark.slow

FILE = "/var/lib/nuvla-swarm/volumes/nfs/of-somebody"  # on a data volume of manager-1
APP = "shop"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three managers and a worker, with an application and a file; each test recovers it."""
    with target_of_managers("recover", Path(tmp_path_factory.mktemp("recover"))) as target:
        on(target, "manager-1", "docker", "service", "create", "--quiet", "--detach", f"--name={APP}", "whoami:test")
        on(target, "manager-1", "sh", "-c", f"echo kept >{FILE}")
        yield target


def on(target: Stack, machine: str, *command: str) -> str:
    answer = target.on(machine, *command)
    assert answer.code == 0, answer.text
    return answer.text


def services(target: Stack, machine: str) -> dict[str, str]:
    """Return the ids of all services by name, those of the program and others."""
    lines = on(target, machine, "docker", "service", "ls", "--format", "{{.Name}} {{.ID}}").splitlines()
    return dict(line.split() for line in lines)


def assert_whole(target: Stack, before: dict[str, str]) -> None:
    """Assert that all machines are members, all services are those of before and run, and the file is there."""
    ready = {(name, "Ready Active") for name in MACHINES}
    wait_for(lambda: set(target.nodes().items()) == ready, "all are ready", 60, lambda: str(target.nodes()))
    assert services(target, "manager-1") == before

    def all_run() -> bool:
        counts = on(target, "manager-1", "docker", "service", "ls", "--format", "{{.Replicas}}").splitlines()
        return all(count.split("/")[0] == count.split("/")[1].split()[0] for count in counts)

    wait_for(all_run, "all services run", 120)
    assert on(target, "manager-1", "cat", FILE) == "kept\n"
    states = on(target, "manager-1", "docker", "node", "ls", "--format", "{{.ManagerStatus}}").split()
    assert sorted(states) == ["Leader", "Reachable", "Reachable"]


def test_swarm_with_a_leader_is_not_recovered(target: Stack) -> None:
    before = services(target, "manager-1")
    refused = target.make("recover")
    assert refused.code != 0
    assert "the swarm has a leader, as manager-1 says, so there is nothing to recover" in refused.text
    assert services(target, "manager-1") == before


@pytest.mark.parametrize("left", ["manager-1", "manager-3"])
def test_two_dead_managers_are_new_members_after_make_recover(target: Stack, left: str) -> None:
    before = services(target, "manager-1")
    dead = [name for name in MANAGERS if name != left]
    for name in dead:
        if left == "manager-1":
            target.remove_with_disk(name)
        else:
            docker("kill", target.container(name))
    wait_for(lambda: target.on(left, "docker", "node", "ls").code != 0, "the swarm has no leader")
    start = time.monotonic()
    recovered = target.make("recover", "VERBOSE=0")
    took_s, load = time.monotonic() - start, os.getloadavg()[0]
    print(f"{', '.join(dead)} dead: recovered in {took_s:.0f} s, with a load of {load:.0f}")
    print(recovered.text)
    assert recovered.code == 0, recovered.text
    assert f"makes anew, with new disks: {', '.join(dead)}" in recovered.text
    assert_whole(target, before)
    assert_settled(target, "manager-1", left)


def test_killed_recovery_is_completed_by_the_next_commands(target: Stack, request: pytest.FixtureRequest) -> None:
    """It is killed with all its processes; then it is run again, or `make up` if the swarm has a leader already."""
    seed = str(request.config.getoption("seed") or secrets.token_hex(4))
    rng, before = random.Random(seed), services(target, "manager-1")
    moments = [round(rng.uniform(1, most_s), 1) for most_s in (10, 20, 40)]
    print(f"again: --seed {seed}: killed after {moments} s")
    for name in ("manager-2", "manager-3"):
        target.remove_with_disk(name)
    wait_for(lambda: target.on("manager-1", "docker", "node", "ls").code != 0, "the swarm has no leader")
    for seconds in moments:
        kill_make_after(target, "recover", seconds)
        target.kill_processes()
    last = target.make("recover")
    if "so there is nothing to recover: run `make up" in last.text:
        last = target.make("up")
    assert last.code == 0, last.text
    assert_whole(target, before)
    assert_settled(target, "manager-1", "manager-1")
