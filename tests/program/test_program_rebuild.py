"""Machines that an update rebuilds have their turns, one after the other, each of them empty meanwhile."""

from itertools import combinations
from typing import Any

import pulumi
import pytest

from components.machines.machine import Machine
from components.machines.shell import Done
from components.swarm.roll import Roll
from stacks.prior_state import EMPTIED
from tests.program.runs import run
from tests.program.test_program_exoscale import KEYS
from tests.support import pulumi_run
from tests.support.configs import changed, excepted, exoscale, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(300)]  # a circle of dependencies waits for ever

MANAGERS: dict[str, Any] = {
    "swarm": {"api_manager": "manager-2"},
    "nfs": {"machine": "worker-1"},
    "monitoring": {"machine": "manager-1"},
}
LOCAL, CLOUD = target(managers=3, workers=2, **MANAGERS), exoscale(managers=3, workers=2, **MANAGERS)
ORDER = ["worker-1", "worker-2", "manager-1", "manager-3", "manager-2"]
IMAGE, TEMPLATE = (
    "nuvla-swarm/machine:next",
    {"name": "Linux Ubuntu 22.04 LTS 64-bit", "id": "11111111-2222-3333-4444-555555555555"},
)
WORKERS, SIZES = "machines.pools.worker.template", "machines.pools.manager.size"


class Told:
    """What a roll is told, in its order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failing = ""

    async def run(self, machine: str, verb: str) -> None:
        self.lines.append(f"{verb} {machine}")
        if self.lines[-1] == self.failing:
            raise pulumi.RunError(f"{machine}: still runs")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what the roll is told, which nobody does."""
    roll = Told()
    monkeypatch.setattr(Roll, "_run", lambda _, machine, verb: roll.run(machine, verb))
    return roll


def later(before: dict[str, Any], after: dict[str, Any], *, preview: bool = False) -> FakePulumi:
    """An update of the infrastructure that `before` has made."""
    state = run(before, secrets=KEYS).engine.state_after()
    allowed = excepted(after, "data-left-behind", "data-machine")  # worker-1 has the files on its disk
    return run_program(allowed, preview=preview, secrets=KEYS, state=state).engine


def waits(engine: FakePulumi, step: str) -> dict[str, set[str]]:
    """The machines that a machine waits for until they have ended a step."""
    return {name: {one.removesuffix(step) for one in engine.dependencies(name) if one.endswith(step)} for name in ORDER}


def chain(machines: list[str]) -> dict[str, set[str]]:
    return {name: {machines[machines.index(name) - 1]} if name in machines[1:] else set() for name in ORDER}


@pytest.mark.parametrize("preview", [False, True])
def test_machines_with_another_image_are_rebuilt_one_at_a_time(told: Told, preview: bool) -> None:
    engine = later(LOCAL, changed(LOCAL, "machines.image", IMAGE), preview=preview)
    assert waits(engine, "-engine-configure") == chain(ORDER)
    assert told.lines == ([] if preview else [f"{verb} {name}" for name in ORDER for verb in ("empty", "refill")])


def test_nobody_waits_at_first_and_without_a_change(told: Told) -> None:
    for engine in (run(LOCAL).engine, later(LOCAL, LOCAL), later(CLOUD, CLOUD)):
        assert waits(engine, "-engine-configure") == chain([])
    assert told.lines == []


def test_new_machine_waits_for_nobody(told: Told) -> None:
    grown = changed(changed(LOCAL, "machines.image", IMAGE), "machines.pools.worker.count", 3)
    assert {name for name in later(LOCAL, grown).dependencies("worker-3") if "engine" in name} == set()
    assert "empty worker-3" not in told.lines


def test_machine_with_another_template_leaves_and_the_next_one_waits_until_it_has_joined(told: Told) -> None:
    engine = later(CLOUD, changed(CLOUD, WORKERS, TEMPLATE))
    assert waits(engine, "-membership-active") == chain(ORDER[:2])
    assert told.lines == ["leave worker-1", "leave worker-2"]


def test_machine_of_another_size_keeps_its_disk(told: Told) -> None:
    engine = later(CLOUD, changed(CLOUD, SIZES, "standard.huge"))
    assert waits(engine, "-engine-configure") == chain(ORDER[2:])
    assert told.lines == [f"{verb} {name}" for name in ORDER[2:] for verb in ("empty", "refill")]


CHANGES: dict[str, tuple[str, Any]] = {
    "template": (WORKERS, TEMPLATE),
    "size": (SIZES, "standard.huge"),
    "sizes": ("machines.pools.worker.size", "standard.huge"),
    "engine": ("engine.version", "28.5.1"),
    "files": ("nfs.machine", "worker-2"),
    "block": ("volumes.nfs.block_storage", True),
    "grown": ("machines.pools.worker.count", 3),
    "drained": ("machines.overrides", {name: {"availability": "drain"} for name in ("worker-2", "manager-3")}),
}


# A drained machine may not have the files.
PICKED = [names for names in combinations(CHANGES, 3) if not {"files", "drained"} <= {*names}]


@pytest.mark.parametrize("picked", PICKED, ids="-".join)
def test_changes_at_once_never_wait_for_each_other(told: Told, picked: tuple[str, ...]) -> None:
    wanted = CLOUD
    for name in picked:
        wanted = changed(wanted, *CHANGES[name])
    later(CLOUD, wanted)
    emptied = [line.partition(" ")[2] for line in told.lines if line.startswith("empty")]
    left = [line.partition(" ")[2] for line in told.lines if line.startswith("leave")]
    assert [line for line in told.lines if line.startswith("refill")] == [f"refill {name}" for name in emptied]
    assert {*emptied, *left} == {
        name
        for name in ORDER
        if ("worker" in name and {"template", "sizes"} & {*picked}) or ("manager" in name and "size" in picked)
    }


@pytest.mark.parametrize(
    ("before", "path", "value", "managers"),  # how many of them empty others, or are asked whom they reach
    [(LOCAL, "machines.image", IMAGE, 3), (CLOUD, WORKERS, TEMPLATE, 1), (CLOUD, SIZES, "standard.huge", 3)],
    ids=["image", "template", "size"],
)
def test_host_keys_that_are_replaced_at_once_hold_no_turn_up(
    before: dict[str, Any], path: str, value: Any, managers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manager has its turn after the machines that it empties, and has to be reached before that."""
    accepted: dict[str, set[str]] = {}

    async def run_script(machine: Machine, _script: str, _verb: str) -> Done:
        address, *keys = await pulumi.Output.all(machine.public_address, *machine.host_keys).future() or [""]
        assert address
        accepted.setdefault(machine.name, set()).update(keys)
        return Done(0, "", "")

    monkeypatch.setattr(pulumi_run, "_obeyed", run_script)
    later(before, changed(changed(before, path, value), "machines.ssh.host_key_generation", 2))
    assert len(accepted) == managers
    for name, keys in accepted.items():
        assert keys == {f"ssh-ed25519 {name}-host-key", f"ssh-ed25519 {name}-host-key2"}


def test_drained_machine_that_is_replaced_waits_for_no_machine_with_a_later_turn(told: Told) -> None:
    off = {"enabled": False}  # the machine with the files may not be drained
    before = exoscale(managers=3, workers=2, **MANAGERS | {"nfs": off, "s3": off})
    drained = changed(before, "machines.overrides", {"worker-1": {"availability": "drain"}})
    later(before, changed(drained, WORKERS, TEMPLATE))
    assert told.lines == ["leave worker-1", "leave worker-2"]


@pytest.mark.parametrize("failing", ["empty worker-2", "refill worker-1"])
def test_first_failure_stops_with_the_others_untouched(told: Told, failing: str) -> None:
    told.failing = failing
    with pytest.raises(pulumi.RunError, match="still runs"):
        later(LOCAL, changed(LOCAL, "machines.image", IMAGE))
    assert told.lines == ["empty worker-1", "refill worker-1", "empty worker-2"][: told.lines.index(failing) + 1]
    assert told.lines[-1] == failing


def test_next_update_refills_what_the_last_one_has_left_empty(told: Told) -> None:
    state = run(LOCAL).engine.state_after()
    key = next(urn for urn in state if urn.endswith("::worker-2-engine"))
    before = {**state[key]["outputs"], "generation": "of an engine that has restarted since"}
    run_program(LOCAL, state={**state, key: state[key] | {"outputs": before}})
    assert told.lines == ["refill worker-2"]


def test_machine_that_was_found_drained_is_refilled_though_nothing_changes(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings are those again of before the update that failed: its state does not say what it has drained."""
    monkeypatch.setenv(EMPTIED, "worker-2 manager-1")
    later(LOCAL, LOCAL)
    assert told.lines == ["refill worker-2", "refill manager-1"]
    told.lines.clear()
    later(LOCAL, LOCAL, preview=True)
    later(LOCAL, changed(LOCAL, "machines.lost", ["worker-2"]))
    assert told.lines == ["refill manager-1"], "a lost machine is left alone"


@pytest.mark.parametrize(
    ("before", "path", "value", "said"),
    [
        (
            LOCAL,
            "machines.image",
            IMAGE,
            f"-> {IMAGE}: {', '.join(ORDER)}; each stops, and starts again with its disk, one at a time",
        ),
        (
            CLOUD,
            WORKERS,
            TEMPLATE,
            "worker-1, worker-2; each is replaced, with an empty disk, one at a time; about 8 min",
        ),
        (
            CLOUD,
            SIZES,
            "standard.huge",
            "size standard.large -> standard.huge: manager-1, manager-3, manager-2; each stops",
        ),
        (LOCAL, "monitoring.enabled", False, ""),
    ],
)
def test_preview_says_which_machines_are_rebuilt(
    caplog: pytest.LogCaptureFixture, before: dict[str, Any], path: str, value: Any, said: str
) -> None:
    with caplog.at_level("WARNING"):
        later(before, changed(before, path, value), preview=True)
    found = [line for line in caplog.messages if "; each" in line]
    assert [said in line for line in found] == ([True] if said else []), found
