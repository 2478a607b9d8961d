"""Packages of systems that are upgraded one machine after the other, each of which starts anew if it has to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.assets import read
from components.machines.machine import APT_FUNCTIONS
from components.machines.upgrade import SCRIPT
from tests.e2e.asking import asking
from tests.e2e.harness import Stack
from tests.e2e.rolling import REPLICAS, WORKERS, leftover_labels, running, target_with_applications, watched
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

PACKAGE = (Path(__file__).parent / "files" / "old_package.sh").read_text(encoding="utf-8")
MACHINES = (*WORKERS, "manager-1")
FEWEST_ANSWERS = 300  # of two machines that restart
DAY = "machines.system_upgrade"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three machines with two applications on its workers."""
    with target_with_applications("upgrade", Path(tmp_path_factory.mktemp("upgrade"))) as target:
        yield target


def offer(target: Stack, machine: str, version: str, *, first: str = "", ends: int = 0) -> None:
    """Let a machine know one repository, with one package."""
    run(target, machine, f"export VERSION={version} FIRST={first} ENDS={ends}\n{PACKAGE}")


def run(target: Stack, machine: str, script: str, *arguments: str) -> str:
    """Run a script on a machine; return what it prints."""
    done = target.on(machine, "bash", "-c", script, "bash", *arguments)
    assert done.code == 0, done.text
    return done.text


def upgrade_says(target: Stack, machine: str, verb: str) -> str:
    """Return what the script of the upgrade prints."""
    parameters = f"export MACHINE={machine} DAY=2026-12-01\n"
    return run(target, machine, parameters + read(APT_FUNCTIONS) + read(SCRIPT), verb).strip()


def start(target: Stack, machine: str) -> str:
    """Return which start of the machine this is."""
    return upgrade_says(target, machine, "start")


def version(target: Stack, machine: str) -> str:
    """Return the version of the package on a machine."""
    return target.on(machine, "dpkg-query", "--show", "--showformat=${Version}", "probe").text.strip()


def test_machines_are_upgraded_and_restarted_one_at_a_time(target: Stack) -> None:
    """The manager, where Traefik is, has nothing new, and goes on."""
    for machine, first in zip(MACHINES, ("1.0", "1.0", "2.0"), strict=True):
        offer(target, machine, "2.0", first=first)
    before = {machine: start(target, machine) for machine in MACHINES}
    target.set(DAY, "2026-12-01")
    preview = target.preview()
    assert (
        "packages of the system (2026-12-01): worker-1, worker-2, manager-1; "
        "each restarts if the new packages need it, one at a time; about 6 min"
    ) in preview.text
    with watched(target) as away, asking(target.address("manager-1"), [f"{name}.test" for name in REPLICAS]) as answers:
        result = target.up()
    assert result.code == 0, result.text
    assert away == []
    assert {machine: version(target, machine) for machine in MACHINES} == dict.fromkeys(MACHINES, "2.0")
    restarted = {machine for machine, was in before.items() if start(target, machine) != was}
    assert restarted == set(WORKERS)
    for host, told in answers.items():
        print(f"{host}: {told.right} answers, {len(told.wrong)} wrong ones, longest pause {told.longest_pause_s:.1f} s")
        assert told.wrong == []
        assert told.right > FEWEST_ANSWERS
    wait_for(lambda: running(target) == {"one": "1/1", "two": "2/2"}, "applications run as before", 60)
    assert target.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    assert leftover_labels(target) == []
    second = target.up()
    assert second.touched() == set(), second.text


def test_upgrade_that_fails_stops_before_the_next_machine(target: Stack) -> None:
    """The next update goes on."""
    offer(target, "worker-1", "3.0", ends=1)
    for machine in ("worker-2", "manager-1"):
        offer(target, machine, "3.0")
    before = {machine: start(target, machine) for machine in MACHINES}
    target.set(DAY, "2026-12-02")
    failed = target.up()
    assert failed.code != 0
    assert "worker-1: its packages cannot be upgraded; the lines above say why" in failed.text
    assert {machine: start(target, machine) for machine in MACHINES} == before
    assert version(target, "worker-2") == "2.0"
    wait_for(lambda: running(target) == {"one": "1/1", "two": "2/2"}, "applications run on the other worker", 60)
    offer(target, "worker-1", "3.1")
    result = target.up()
    assert result.code == 0, result.text
    assert {machine: version(target, machine) for machine in MACHINES} == {
        "worker-1": "3.1",
        "worker-2": "3.0",
        "manager-1": "3.0",
    }
    assert all(start(target, machine) != was for machine, was in before.items())
    assert target.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    assert leftover_labels(target) == []


@pytest.mark.parametrize(
    ("needs", "undo"),
    [
        ("touch /run/reboot-required", "rm /run/reboot-required"),
        ("touch /boot/vmlinuz-$(uname -r) /boot/vmlinuz-99.1.0", "rm /boot/vmlinuz-*"),
        (
            "cp /usr/bin/sleep /usr/bin/old && systemd-run --quiet --unit old old 1000 && rm /usr/bin/old",
            "systemctl stop old",
        ),
    ],
    ids=["a package asks for it", "a newer kernel", "a service of old files"],
)
def test_machine_knows_that_it_needs_a_restart(target: Stack, needs: str, undo: str) -> None:
    assert upgrade_says(target, "worker-2", "check") == "member"
    run(target, "worker-2", needs)
    try:
        assert upgrade_says(target, "worker-2", "check") == "member restart"
    finally:
        run(target, "worker-2", undo)
    assert upgrade_says(target, "worker-2", "check") == "member"
