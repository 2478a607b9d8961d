"""components/machines/turns.py: machines are rebuilt one after the other, each empty meanwhile."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.machines.turns import NO_TURNS, Turns

NAMES = ("a", "b", "c")


class Told:
    """What a roll is told, in its order."""

    def __init__(self, failing: str = "") -> None:
        self.lines: list[str] = []
        self.failing = failing

    async def empty(self, machine: str, *, for_good: bool) -> None:
        await self.told(f"{'leave' if for_good else 'empty'} {machine}")

    async def told(self, line: str) -> None:
        self.lines.append(line)
        await asyncio.sleep(0)
        if line == self.failing:
            raise pulumi.RunError(line)


def resource(roll: Told, name: str, turn: list[pulumi.Output[Any]]) -> pulumi.Resource:
    """The last resource of a machine, which is registered once what it depends on is known."""

    async def registered() -> str:
        for output in turn:
            await output.future()
        roll.lines.append(f"rebuild {name}")
        return name

    return cast(pulumi.Resource, SimpleNamespace(urn=pulumi.Output.from_input(registered())))


async def refilled(roll: Told, last: pulumi.Resource, name: str) -> None:
    await last.urn.future()
    await roll.told(f"refill {name}")


def taken(roll: Told, machines: dict[str, bool], begin_first: bool = True) -> list[str]:
    """What happens in turns in which all three machines are made."""

    async def run() -> None:
        turns = Turns(machines)
        if begin_first:
            turns.begin(roll)
        made = {name: resource(roll, name, turns.await_turn(name)) for name in reversed(NAMES)}
        if not begin_first:
            turns.begin(roll)
        for name in NAMES:
            turns.end(name, made[name], pulumi.Output.from_input(refilled(roll, made[name], name)))
        for end in [*turns.ends(), *(one.urn for one in made.values())]:
            await end.future()

    asyncio.run(run())
    return roll.lines


@pytest.fixture(autouse=True)
def update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)


@pytest.mark.parametrize("begin_first", [True, False])
def test_each_machine_waits_until_the_one_before_is_as_it_was(begin_first: bool) -> None:
    assert taken(Told(), {"b": False, "a": False, "c": True}, begin_first) == [
        *("empty b", "rebuild b", "refill b"),
        *("empty a", "rebuild a", "refill a"),
        *("leave c", "rebuild c", "refill c"),
    ]


def test_machines_without_a_turn_wait_for_nobody() -> None:
    lines = taken(Told(), {"c": False})
    assert sorted(lines[:3]) == ["empty c", "rebuild a", "rebuild b"]
    assert [line for line in lines if line.endswith("c")] == ["empty c", "rebuild c", "refill c"]
    assert NO_TURNS.await_turn("a") == NO_TURNS.ends() == []


@pytest.mark.parametrize("failing", ["empty b", "refill a"])
def test_failure_leaves_the_machines_that_follow(failing: str) -> None:
    roll = Told(failing)
    with pytest.raises(pulumi.RunError, match=failing):
        taken(roll, dict.fromkeys(NAMES, False))
    assert [line for line in roll.lines if line.startswith("rebuild")] == ["rebuild a"]
    assert roll.lines[-1] == failing


def test_preview_moves_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    lines = taken(Told(), dict.fromkeys(NAMES, False))
    assert lines == [f"{what} {name}" for name in NAMES for what in ("rebuild", "refill")]
