"""components/machines/upgrade.py: the packages of one machine, which starts anew if they need it."""

from collections.abc import Iterator
from types import SimpleNamespace

import pulumi
import pytest

from components.machines import shell, upgrade
from components.machines.machine import Machine
from components.machines.shell import Done, UnreachableError
from components.machines.upgrade import Upgrade, UpgradeArgs
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value

COMMAND = "worker-1-upgrade-run"
ONE, TWO = Done(0, "one\n", ""), Done(0, "two\n", "")  # starts of the machine


def make(*, touched: bool = True) -> Upgrade:
    args = UpgradeArgs(
        machine=machine(),
        day="2026-12-01",
        after=[pulumi.Output.from_input(another("worker-2-engine-configure"))],
        hooks=pulumi.ResourceHookBinding(),
        touched={"worker-1"} if touched else set(),
    )
    return Upgrade("worker-1-upgrade", args)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Done | None]]:
    """Yield what the machine answers, in its order; None is silence. All has to be asked for."""
    told: list[Done | None] = []

    async def run_script(one: Machine, script: str, argument: str) -> Done:
        assert (one.name, argument) == ("worker-1", "start")
        assert script.startswith("export MACHINE=worker-1\nexport DAY=2026-12-01\n#!/usr/bin/env bash\n")
        answer = told.pop(0)
        if answer is None:
            raise UnreachableError("worker-1: does not answer")
        return answer

    monkeypatch.setattr(shell, "run_script", run_script)
    monkeypatch.setattr(shell, "PAUSE_S", 0)
    monkeypatch.setattr(pulumi.log, "info", lambda _: None)
    yield told
    assert told == []


def ended(monkeypatch: pytest.MonkeyPatch, printed: str, *, touched: bool = True) -> None:
    """Upgrade the machine with a command that prints something; return when the machine is back."""
    command = SimpleNamespace(stdout=pulumi.Output.from_input(printed))
    monkeypatch.setattr(Machine, "command", lambda *_, **__: command)

    made = build(lambda: make(touched=touched))
    assert value(made.start) == printed
    assert value(made.ended()) is command


def test_preview_shows_the_day(fake_pulumi: FakePulumi) -> None:
    build(make)
    assert fake_pulumi.inputs("worker-1-upgrade") == {"day": "2026-12-01"}
    assert "worker-1-upgrade" in fake_pulumi.finished


def test_upgrade_waits_for_its_turn_and_runs_again_on_a_new_system(fake_pulumi: FakePulumi) -> None:
    build(make)
    assert fake_pulumi.dependencies(COMMAND) == {"worker-2-engine-configure"}
    assert fake_pulumi.triggers(COMMAND) == ["worker-1-root"]
    assert "delete" not in fake_pulumi.inputs(COMMAND)


def test_command_that_runs_again_for_another_reason_upgrades_nothing_again(fake_pulumi: FakePulumi) -> None:
    """Such as another key for the login, or another host key, which changes the connections of all commands."""
    build(make)
    lines = {moment: fake_pulumi.inputs(COMMAND)[moment].partition(" #")[0] for moment in ("create", "update")}
    assert lines == {"create": "bash -s -- run", "update": "bash -s -- rerun"}


def test_all_that_follows_waits_until_the_machine_is_back(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, answers: list[Done | None]
) -> None:
    answers += [ONE, None, None, TWO]
    ended(monkeypatch, "2026-12-01 one restarts\n")


def test_machine_that_goes_on_is_not_asked(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, answers: list[Done | None]
) -> None:
    ended(monkeypatch, "2026-12-01 one\n")


def test_machine_that_an_earlier_update_restarted_is_not_asked(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, answers: list[Done | None]
) -> None:
    ended(monkeypatch, "2026-12-01 one restarts\n", touched=False)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "worker-1: does not answer"),
        (ONE, "it has not begun to restart"),
        (Done(1, "", "no such file\n"), "no such file"),
    ],
)
def test_machine_that_does_not_come_back_stops_the_update(
    fake_pulumi: FakePulumi,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[Done | None],
    answer: Done | None,
    told: str,
) -> None:
    answers.append(answer)
    monkeypatch.setattr(upgrade, "BOOT_S", 0)
    with pytest.raises(pulumi.RunError, match=rf"^worker-1: is not back 0 s after .* \({told}\); look at its console"):
        ended(monkeypatch, "2026-12-01 one restarts\n")
