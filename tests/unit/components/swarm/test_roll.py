"""components/swarm/roll.py: who is emptied when, and through which manager."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.machines.machine import Machine
from components.machines.shell import Done, UnreachableError
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
    asked: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def run_script(self, one: Machine, _script: str, argument: str) -> Done:
        self.asked.append((one.name, argument))
        if one.name in self.silent:
            raise UnreachableError(f"{one.name}: does not answer")
        return self.answers.get((one.name, argument), Done(0, "", ""))


def update(machines: Machines, name: str, managers: Sequence[str]) -> None:
    """Update the command that restarts a machine's engine, with both hooks, as the SDK calls them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roll, "run_script", machines.run_script)
        patch.setattr(pulumi.log, "warn", machines.said.append)
        patch.setattr(pulumi.log, "info", lambda _: None)
        hooks = build(lambda: Roll(managers=[machine(manager) for manager in managers]).hooks(machine(name)))
        for bound in (hooks.before_update, hooks.after_update):
            asyncio.run(called((bound or [])[0]))


async def called(hook: Any) -> None:
    args = SimpleNamespace(new_inputs={"stdin": pulumi.Output.secret("SCRIPT")})
    await hook.callback(cast(pulumi.ResourceHookArgs, args))


def test_machine_is_emptied_and_refilled_around_a_restart(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART)
    update(machines, "worker-1", ["manager-1", "manager-2"])
    assert machines.asked == [*CHECKED, ("manager-1", "empty"), *CHECKED, ("manager-1", "refill")]


def test_machine_whose_engine_goes_on_is_not_emptied(fake_pulumi: FakePulumi) -> None:
    machines = Machines({("worker-1", "check"): Done(0, "member\n", "")})
    update(machines, "worker-1", ["manager-1"])
    assert machines.asked == [*CHECKED, *CHECKED, ("manager-1", "refill")]


def test_machine_that_is_in_no_swarm_is_left_alone(fake_pulumi: FakePulumi) -> None:
    machines = Machines()
    update(machines, "worker-1", ["manager-1"])
    assert machines.asked == [*CHECKED, *CHECKED]


def test_machine_that_does_not_answer_is_left_to_its_command(fake_pulumi: FakePulumi) -> None:
    machines = Machines(silent=["worker-1"])
    update(machines, "worker-1", ["manager-1"])
    assert machines.asked == [*CHECKED, *CHECKED]


def test_next_manager_is_asked_where_one_is_silent(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART, silent=["manager-1"])
    update(machines, "worker-1", ["manager-1", "manager-2"])
    assert machines.asked[1:3] == [("manager-1", "empty"), ("manager-2", "empty")]


def test_other_managers_are_asked_before_the_machine_itself(fake_pulumi: FakePulumi) -> None:
    machines = Machines({("manager-1", "check"): Done(0, "member restart\n", "")})
    update(machines, "manager-1", ["manager-1", "manager-2"])
    check = ("manager-1", "check")
    assert machines.asked == [check, ("manager-2", "empty"), check, ("manager-2", "refill")]


def test_update_stops_where_no_manager_answers(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART, silent=["manager-1"])
    with pytest.raises(pulumi.RunError, match=r"worker-1: no manager answers: manager-1: does not answer"):
        update(machines, "worker-1", ["manager-1"])


def test_update_stops_with_what_the_script_says(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART | {("manager-1", "empty"): Done(1, "", "worker-1: still runs after 60 s: web\n")})
    with pytest.raises(pulumi.RunError, match=r"^worker-1: still runs after 60 s: web$"):
        update(machines, "worker-1", ["manager-1"])


def test_services_that_stop_meanwhile_are_a_warning(fake_pulumi: FakePulumi) -> None:
    machines = Machines(RESTART | {("manager-1", "empty"): Done(0, "", "worker-1: db stops meanwhile\n")})
    update(machines, "worker-1", ["manager-1"])
    assert machines.said == ["worker-1: db stops meanwhile"]
