"""components/firewall/confirmed_apply.py: rules on trial are confirmed over a new connection."""

from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.firewall.confirmed_apply import UNCONFIRMED_MESSAGE, ConfirmedApply
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

WAITING = f"Process exited with status 1: running ...:\nworker-1: {UNCONFIRMED_MESSAGE} for 60 s"
SHUT_OUT = "after 2 failed attempts: dial tcp 192.0.2.7:22: i/o timeout"


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", lines.append)
    return lines


def retries(*errors: str) -> list[bool]:
    """Return, for each error of a command, whether the command is retried."""
    hook: Any = build(lambda: ConfirmedApply("wall")).hooks.on_error[0]  # type: ignore[index]
    seen = [list(reversed(errors[: count + 1])) for count in range(len(errors))]
    return [
        hook.callback(cast(pulumi.ErrorHookArgs, SimpleNamespace(name="wall-worker-1", errors=newest_first)))
        for newest_first in seen
    ]


def test_command_with_rules_on_trial_is_retried(fake_pulumi: FakePulumi, reported: list[str]) -> None:
    assert retries(WAITING) == [True]
    assert reported == []


def test_rules_that_shut_the_program_out_are_reported(fake_pulumi: FakePulumi, reported: list[str]) -> None:
    assert retries(WAITING, SHUT_OUT) == [True, False]
    assert [line.partition(": ")[0] for line in reported] == ["worker-1"]
    assert "add this computer's address to firewall.management" in reported[0]


def test_unreachable_machine_is_not_blamed_on_the_rules(fake_pulumi: FakePulumi, reported: list[str]) -> None:
    assert retries(SHUT_OUT) == [False]
    assert reported == []


def test_other_errors_are_neither_retried_nor_explained(fake_pulumi: FakePulumi, reported: list[str]) -> None:
    assert retries("worker-1: nft refuses the rules") == [False]
    assert reported == []


def test_rules_on_trial_are_retried_twice_at_most(fake_pulumi: FakePulumi) -> None:
    assert retries(WAITING, WAITING, WAITING) == [True, True, False]
