"""Measurements of what clients notice of another setting of engines: by hand, and by the program."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import Quiet
from bench.measure import must, say
from tests.e2e.asking import Answers, answers_now, asking
from tests.e2e.harness import Stack
from tests.e2e.rolling import HOSTS, WORKERS, assert_as_before, entry, target_with_virtual_ip
from tests.e2e.waiting import wait_for

DAEMON_JSON = "/etc/docker/daemon.json"
MORE_FILES = 's/"max-file": "[0-9]*"/"max-file": "5"/'  # another number than the program sets


@dataclass(frozen=True)
class Noticed:
    """What clients noticed of a change, by the host names that they ask."""

    took_s: float
    answers: dict[str, Answers]


def changes(quiet: Quiet) -> dict[str, Noticed]:
    """Measure the change by hand on two workers, as Docker's pages say, and by `up` on these and three managers."""
    with _target() as target:
        ways = {
            "by hand on two workers: drain, restart, active": _by_hand,
            "`up` on all five machines": _by_the_program,
        }
        return {way: _noticed(quiet, target, change) for way, change in ways.items()}


@contextmanager
def _target() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="nuvla-swarm-bench-"))
    try:
        with target_with_virtual_ip("changes-machines", folder, 2) as target:
            yield target
    finally:
        shutil.rmtree(folder)


def _noticed(quiet: Quiet, target: Stack, change: Callable[[Stack], None]) -> Noticed:
    assert_as_before(target)
    quiet.wait()
    with asking(entry(target), HOSTS) as answers:
        start = time.monotonic()
        change(target)
        took_s = time.monotonic() - start
        wait_for(lambda: answers_now(entry(target), HOSTS), "applications answer", 120)
        before = {host: one.right for host, one in answers.items()}
        wait_for(lambda: all(answers[host].right > right for host, right in before.items()), "clients know", 60)
    say(f"  {change.__name__}: {took_s:.1f} s, {answers} ({quiet.last()})")
    return Noticed(took_s, answers)


def _by_the_program(target: Stack) -> None:
    target.set("engine.log_max_files", 4)
    must(target.up())


def _by_hand(target: Stack) -> None:
    for worker in WORKERS:
        _docker(target, "node", "update", "--availability=drain", worker)
        wait_for(lambda worker=worker: not _tasks(target, worker), f"{worker} has no tasks", 60)  # type: ignore[misc]
        must(target.on(worker, "sed", "-i", MORE_FILES, DAEMON_JSON))
        must(target.on(worker, "systemctl", "restart", "docker.service"))
        wait_for(lambda worker=worker: target.nodes()[worker].startswith("Ready"), "it is ready", 60)  # type: ignore[misc]
        _docker(target, "node", "update", "--availability=active", worker)


def _docker(target: Stack, *arguments: str) -> str:
    result = target.on("manager-1", "docker", *arguments)
    must(result)
    return result.text


def _tasks(target: Stack, worker: str) -> str:
    return _docker(target, "node", "ps", "--quiet", "--filter=desired-state=running", worker).strip()
