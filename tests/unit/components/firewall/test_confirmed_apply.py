"""components/firewall/confirmed_apply.py: what put rules on trial runs again, over a new connection."""

from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.firewall.confirmed_apply import ON_TRIAL, Trial
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

WAITING = f"Process exited with status 1: running ...:\nworker-1: {ON_TRIAL} for 60 s"
SHUT_OUT = "after 2 failed attempts: dial tcp 192.0.2.7:22: i/o timeout"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", lines.append)
    return lines


def judged(*errors: str) -> list[bool]:
    """Whether a command is tried again, after each of its errors."""
    hook: Any = build(lambda: Trial("wall")).hooks.on_error[0]  # type: ignore[index]
    seen = [list(reversed(errors[: count + 1])) for count in range(len(errors))]
    return [
        hook.callback(cast(pulumi.ErrorHookArgs, SimpleNamespace(name="wall-worker-1", errors=newest_first)))
        for newest_first in seen
    ]


def test_rules_on_trial_are_confirmed_by_another_run(fake_pulumi: FakePulumi, said: list[str]) -> None:
    assert judged(WAITING) == [True]
    assert said == []


def test_rules_that_do_not_let_the_program_in_are_named(fake_pulumi: FakePulumi, said: list[str]) -> None:
    assert judged(WAITING, SHUT_OUT) == [True, False]
    assert [line.partition(": ")[0] for line in said] == ["worker-1"]
    assert "add this computer's address to firewall.management" in said[0]


def test_a_machine_that_never_answered_has_no_rules_to_blame(fake_pulumi: FakePulumi, said: list[str]) -> None:
    assert judged(SHUT_OUT) == [False]
    assert said == []


def test_another_error_is_left_to_speak_for_itself(fake_pulumi: FakePulumi, said: list[str]) -> None:
    assert judged("worker-1: nft refuses the rules") == [False]
    assert said == []


def test_it_does_not_go_on_for_ever(fake_pulumi: FakePulumi) -> None:
    assert judged(WAITING, WAITING, WAITING) == [True, True, False]
