"""components/swarm/roll.py: who is emptied when, and through which manager."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.machines import shell
from components.machines.machine import Machine
from components.machines.shell import Done, LostError, UnreachableError
from components.swarm import roll
from components.swarm.roll import Roll
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

CHECKED = [("worker-1", "check")]
RESTART = {("worker-1", "check"): Done(0, "member restart\n", "")}


@dataclass
class Machines:
    """What machines answer to scripts; those without an answer do what they are told, and print nothing."""

    answers: Mapping[tuple[str, str], Done] = field(default_factory=dict)
    silent: Sequence[str] = ()
    lossy: list[str] = field(default_factory=list)  # a name for each time that its connection is lost
    booting: list[str] = field(default_factory=list)  # a name for each time that a machine does not answer yet
    asked: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def run_script(self, one: Machine, _script: str, argument: str) -> Done:
        self.asked.append((one.name, argument))
        if one.name in self.lossy:
            self.lossy.remove(one.name)
            raise LostError(f"{one.name}: the connection was lost")
        if one.name in self.silent or (one.name in self.booting and self.booting.pop()):
            raise UnreachableError(f"{one.name}: does not answer")
        return self.answers.get((one.name, argument), Done(0, "", ""))


REFILL = [("manager-1", "refill"), ("manager-1", "reach")]
FORMER, LATER = "28.5.2 at nine", "28.5.2 at ten"  # generations of an engine


def update(
    machines: Machines, name: str, managers: Sequence[str], former: str | None = FORMER, after: str = LATER
) -> None:
    """Update the command that restarts a machine's engine, which then is of the generation `after`."""
    with pytest.MonkeyPatch.context() as patch:
        told(patch, machines)
        its_roll = Roll(managers=[machine(manager) for manager in managers])
        [before] = build(lambda: its_roll.hooks(machine(name))).before_update or []

        async def run() -> None:
            await called(before)
            assert await its_roll.refilled(name, former, pulumi.Output.from_input(after)).future() == after

        asyncio.run(run())


def told(patch: pytest.MonkeyPatch, machines: Machines) -> None:
    patch.setattr(roll, "run_script", machines.run_script)
    patch.setattr(shell, "run_script", machines.run_script)
    patch.setattr(shell, "PAUSE_S", 0)
    patch.setattr(roll, "BUSY_S", 0)
    patch.setattr(pulumi.log, "warn", machines.said.append)
    patch.setattr(pulumi.log, "info", lambda _: None)


async def called(hook: Any) -> None:
    args = SimpleNamespace(new_inputs={"stdin": pulumi.Output.secret("SCRIPT")})
    await hook.callback(cast(pulumi.ResourceHookArgs, args))


def test_machine_is_emptied_and_refilled_around_a_restart(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART)
    update(machines, "worker-1", ["manager-1", "manager-2"])
    reached = [("manager-1", "reach"), ("manager-2", "reach")]
    assert machines.asked == [*CHECKED, ("manager-1", "empty"), ("manager-1", "refill"), *reached]


@pytest.mark.parametrize("answer", ["member\n", ""])
def test_machine_whose_engine_goes_on_is_not_emptied(fake_pulumi: FakePulumi, answer: str) -> None:
    """It may be empty, if an earlier update stopped while its engine did not run."""
    machines = Machines({("worker-1", "check"): Done(0, answer, "")})
    update(machines, "worker-1", ["manager-1"], after=FORMER)
    assert machines.asked == [*CHECKED, *REFILL]


@pytest.mark.parametrize(("former", "asked"), [(FORMER, []), (LATER, REFILL), (None, REFILL)])
def test_machine_that_an_earlier_update_may_have_emptied_is_refilled(
    fake_pulumi: FakePulumi, former: str | None, asked: list[tuple[str, str]]
) -> None:
    machines = Machines()
    with pytest.MonkeyPatch.context() as patch:
        told(patch, machines)

        async def run() -> None:
            refilled = Roll(managers=[machine("manager-1")]).refilled(
                "worker-1", former, pulumi.Output.from_input(FORMER)
            )
            assert await refilled.future() == FORMER
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

        asyncio.run(run())
    assert machines.asked == asked


def test_machine_that_does_not_answer_is_emptied_and_left_to_its_command(fake_pulumi: FakePulumi) -> None:
    """The command, which tries for longer, may reach it."""
    machines = Machines(silent=["worker-1"])
    update(machines, "worker-1", ["manager-1"], after=FORMER)
    assert machines.asked == [*CHECKED, ("manager-1", "empty"), *REFILL]


def test_sole_manager_that_does_not_answer_is_left_to_its_command(fake_pulumi: FakePulumi) -> None:
    machines = Machines(silent=["manager-1"])
    with pytest.MonkeyPatch.context() as patch:
        told(patch, machines)
        [before] = build(lambda: Roll(managers=[machine("manager-1")]).hooks(machine("manager-1"))).before_update or []
        asyncio.run(called(before))
    assert machines.asked == [("manager-1", "check"), ("manager-1", "empty")]


def test_machine_whose_script_fails_stops_the_update(fake_pulumi: FakePulumi) -> None:
    machines = Machines({("worker-1", "check"): Done(1, "", "worker-1: apt cannot read its lists of packages\n")})
    with pytest.raises(pulumi.RunError, match=r"^worker-1: apt cannot read its lists of packages$"):
        update(machines, "worker-1", ["manager-1"])
    assert machines.asked == CHECKED


def test_next_manager_is_asked_where_one_is_silent(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART, silent=["manager-1"])
    update(machines, "worker-1", ["manager-1", "manager-2"])
    assert machines.asked[1:3] == [("manager-1", "empty"), ("manager-2", "empty")]


@pytest.mark.parametrize(
    ("lossy", "asked"), [(1, ["manager-1", "manager-1"]), (2, ["manager-1", "manager-1", "manager-2"])]
)
def test_manager_that_may_still_run_the_script_is_asked_again(
    fake_pulumi: FakePulumi, lossy: int, asked: list[str]
) -> None:
    """It waits there for the first run. On another manager, both would move the same tasks."""
    machines = Machines(RESTART, lossy=["manager-1"] * lossy)
    update(machines, "worker-1", ["manager-1", "manager-2"])
    assert [name for name, verb in machines.asked if verb == "empty"] == asked


def test_other_managers_are_asked_before_the_machine_itself(fake_pulumi: FakePulumi) -> None:
    machines = Machines({("manager-1", "check"): Done(0, "member restart\n", "")})
    update(machines, "manager-1", ["manager-1", "manager-2"])
    assert [(name, verb) for name, verb in machines.asked if verb != "reach"] == [
        ("manager-1", "check"),
        ("manager-2", "empty"),
        ("manager-2", "refill"),
    ]


def test_update_stops_where_no_manager_answers(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART, silent=["manager-1"])
    with pytest.raises(pulumi.RunError, match=r"worker-1: no manager answers: manager-1: does not answer"):
        update(machines, "worker-1", ["manager-1"])


@pytest.mark.parametrize("verb", ["empty", "refill", "reach"])
def test_update_stops_with_what_the_script_says(fake_pulumi: FakePulumi, verb: str) -> None:
    machines = Machines(RESTART | {("manager-1", verb): Done(1, "", "worker-1: still runs after 60 s: web\n")})
    with pytest.raises(pulumi.RunError, match=r"^worker-1: still runs after 60 s: web$"):
        update(machines, "worker-1", ["manager-1"])


def test_tasks_are_reached_from_each_manager_that_answers(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART, silent=["manager-1"])
    update(machines, "worker-1", ["manager-1", "manager-2"])
    assert machines.asked[-2:] == [("manager-1", "reach"), ("manager-2", "reach")]


def test_services_that_stop_meanwhile_are_a_warning(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART | {("manager-1", "empty"): Done(0, "", "worker-1: db stops meanwhile\n")})
    update(machines, "worker-1", ["manager-1"])
    assert machines.said == ["worker-1: db stops meanwhile"]


@pytest.mark.parametrize(("for_good", "verb"), [(True, "leave"), (False, "empty")])
def test_machine_that_is_rebuilt_is_emptied(fake_pulumi: FakePulumi, for_good: bool, verb: str) -> None:
    machines = Machines()
    rebuild(machines, for_good)
    assert machines.asked == [("manager-1", verb)]


def test_machine_is_rebuilt_where_no_manager_answers(fake_pulumi: FakePulumi) -> None:
    """All machines may be stopped, and the update mends them."""
    machines = Machines(silent=["manager-1"])
    rebuild(machines, False)
    assert machines.said == ["worker-1: no manager answers: manager-1: does not answer; it is rebuilt as it is"]


def rebuild(machines: Machines, for_good: bool) -> None:
    """Have a machine emptied that is rebuilt."""
    with pytest.MonkeyPatch.context() as patch:
        told(patch, machines)

        async def run() -> None:
            await Roll(managers=[machine("manager-1")]).empty("worker-1", for_good=for_good)
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))  # values of the machine

        asyncio.run(run())


@pytest.mark.parametrize(("moment", "verb"), [("before_create", "check"), ("before_update", "recheck")])
def test_machine_is_emptied_before_its_packages_are_upgraded(fake_pulumi: FakePulumi, moment: str, verb: str) -> None:
    machines = Machines({("worker-1", verb): Done(0, "member restart\n", "")})
    with pytest.MonkeyPatch.context() as patch:
        told(patch, machines)
        its_roll = Roll(managers=[machine("manager-1")])
        [before] = getattr(build(lambda: its_roll.upgrade_hooks(machine("worker-1"))), moment)
        asyncio.run(called(before))
    assert machines.asked == [("worker-1", verb), ("manager-1", "empty")]
    assert its_roll.touched == {"worker-1"}


def upgrade(machines: Machines) -> None:
    """Upgrade the packages of a machine."""
    with pytest.MonkeyPatch.context() as patch:
        told(patch, machines)
        its_roll = Roll(managers=[machine("manager-1")])
        [before] = build(lambda: its_roll.upgrade_hooks(machine("worker-1"))).before_update or []
        asyncio.run(called(before))


def test_machine_that_boots_is_emptied_when_it_answers(fake_pulumi: FakePulumi) -> None:
    """Its command would wait for it, too, and restart it with its tasks."""
    machines = Machines({("worker-1", "recheck"): Done(0, "member restart\n", "")}, booting=["worker-1"] * 2)
    upgrade(machines)
    assert machines.asked == [*[("worker-1", "recheck")] * 3, ("manager-1", "empty")]


def test_machine_that_has_much_to_do_is_emptied_before_its_engine_restarts(fake_pulumi: FakePulumi) -> None:
    """Its command connects ten times, too."""
    machines = Machines(RESTART, booting=["worker-1"] * 2)
    with pytest.MonkeyPatch.context() as patch:
        told(patch, machines)
        patch.setattr(roll, "BUSY_S", 60)
        its_roll = Roll(managers=[machine("manager-1")])
        [before] = build(lambda: its_roll.hooks(machine("worker-1"))).before_update or []
        asyncio.run(called(before))
    assert machines.asked == [*CHECKED * 3, ("manager-1", "empty")]


def test_machine_that_stays_silent_is_not_upgraded(fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll, "BOOT_S", 0.01)
    with pytest.raises(pulumi.RunError, match=r"^worker-1: does not answer$"):
        upgrade(Machines(silent=["worker-1"]))
