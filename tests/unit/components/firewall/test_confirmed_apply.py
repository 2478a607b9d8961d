"""components/firewall/confirmed_apply.py: rules on trial are confirmed over a new connection."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components import assets
from components.firewall.confirmed_apply import CONFIRM_TIMEOUT_S, UNCONFIRMED_MESSAGE, ConfirmedApply
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build
from tools.stack.progress import ON_PURPOSE

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


def test_trial_is_told_as_no_error(tmp_path: Path) -> None:
    """Pulumi shows as an error what a command says that fails, and the command has to fail to run again."""
    script = assets.read("firewall/scripts/firewall.sh")
    [fail] = re.findall(r"^fail\(\) .*$", script, re.MULTILINE)
    functions = re.findall(r"^(?:rules_before|start_trial)\(\) \{.*?^\}$", script, re.MULTILINE | re.DOTALL)
    text = "\n".join([fail, "nft() { :; }; systemd-run() { :; }; loaded() { :; }", *functions, "start_trial"])
    (tmp_path / "rules.new").write_text("new")
    values = {"MACHINE": "worker-1", "ON_TRIAL": UNCONFIRMED_MESSAGE, "TRIAL_S": str(CONFIRM_TIMEOUT_S)}
    paths = {"trial": str(tmp_path / "trial"), "rules": str(tmp_path / "rules"), "table": "inet a", "revert": "a"}
    done = subprocess.run(
        ["bash", "-euc", text],
        env={**values, **paths, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "worker-1: tries new firewall rules; connecting again to confirm them (this is not an error): on trial for "
        "60 s\n",
    )
    assert ON_PURPOSE in done.stderr, "tools/stack/progress.py shows no such line"


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
