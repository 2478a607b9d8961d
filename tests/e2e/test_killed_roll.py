"""Rolls of three managers, killed at random moments: the next run finishes each, and no client loses a request."""

import json
import os
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.asking import asking
from tests.e2e.harness import Stack
from tests.e2e.rolling import HOSTS, REPLICAS, assert_as_before, change, entry, since, target_with_virtual_ip
from tests.e2e.waiting import kill_make_after

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")
SETTING = "engine.log_max_files"
MOST_TRIES = 3  # for each kill: an update may end before


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three managers with a virtual IP and two applications on them."""
    with target_with_virtual_ip("killed-roll", Path(tmp_path_factory.mktemp("killed-roll")), 0) as target:
        yield target


def log_files(target: Stack, machine: str) -> str:
    """Return the number of log files of containers in the settings of a machine's engine."""
    daemon = json.loads(target.on(machine, "cat", "/etc/docker/daemon.json").text)
    return str(daemon["log-opts"]["max-file"])


def test_roll_killed_at_random_moments_is_finished_by_the_next_run(
    target: Stack, request: pytest.FixtureRequest
) -> None:
    """Some kills leave Pulumi running by itself."""
    kills = request.config.getoption("kills")
    seed = str(request.config.getoption("seed") or secrets.token_hex(4))
    print(f"again: --seed {seed} --kills {kills}")
    rng, hits, files = random.Random(seed), 0, 10
    start = time.monotonic()
    change(target, SETTING, files)
    whole_s = time.monotonic() - start
    for _ in range(MOST_TRIES * kills):
        if hits == kills:
            break
        files += 1
        hits += kill_and_finish(target, files, rng.uniform(0, whole_s), everything=rng.random() < 0.75)
    assert hits == kills, "too many updates ended before they were killed"


def history(target: Stack) -> str:
    """Return what the swarm remembers of the applications' tasks, and since when engines run."""
    shown = target.on("manager-1", "docker", "service", "ps", "--no-trunc", *REPLICAS)
    return f"{shown.text}\n{ {machine: since(target, machine) for machine in MANAGERS} }"


def kill_and_finish(target: Stack, files: int, after_s: float, *, everything: bool) -> bool:
    """Kill `make up`, or all its processes, and run it again, while clients ask; return whether it was hit."""
    target.set(SETTING, files)
    before = {machine: since(target, machine) for machine in MANAGERS}
    with asking(entry(target), HOSTS) as answers:
        hit, killed = kill_make_after(target, "up", after_s), time.time()
        if everything:
            target.kill_processes()
        result = target.make("up")
        ended = time.time()
    what = ("all processes" if everything else "make alone") if hit else "nothing, as it had ended,"
    print(f"{what} killed after {after_s:.1f} s; the next took {ended - killed:.0f} s", end="")
    print(f", load {os.getloadavg()[0]:.0f}: {'; '.join(map(str, answers.values()))}", flush=True)
    assert result.code == 0, result.text
    assert [told.wrong for told in answers.values()] == [[], []], f"{result.text}\n{history(target)}"
    assert {log_files(target, machine) for machine in MANAGERS} == {str(files)}
    assert all(since(target, machine) != was for machine, was in before.items()), result.text
    assert target.nodes() == dict.fromkeys(MANAGERS, "Ready Active")
    assert_as_before(target)
    assert "pending_operations" not in target.must("pulumi", "stack", "export").text
    return hit
