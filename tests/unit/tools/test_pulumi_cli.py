"""tools/pulumi_cli.py: calls of Pulumi, and what its errors mean."""

import subprocess
from typing import Any

import pytest

from tests.support.rows import rows
from tools import pulumi_cli


def ending(monkeypatch: pytest.MonkeyPatch, code: int, stdout: str = "", stderr: str = "") -> None:
    """Let every command end like this."""
    done = subprocess.CompletedProcess([], code, stdout=stdout, stderr=stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)


def test_failed_command_ends_with_its_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ending(monkeypatch, 3, stderr="error: no\n")
    with pytest.raises(SystemExit) as ended:
        pulumi_cli.pulumi("stack", "export")
    assert ended.value.code == 3
    assert capsys.readouterr().err == "nuvla-swarm: error: no\n"


def test_missing_pulumi_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SystemExit, match="nuvla-swarm: error: pulumi is not on PATH: run `make setup`"):
        pulumi_cli.pulumi("stack", "export")


@rows(
    "error, text",
    [
        ("error: incorrect passphrase", "the passphrase used is the exported PULUMI_CONFIG_PASSPHRASE: export"),
        ("error: the stack is currently locked by 1 lock(s)", "run `pulumi cancel --stack prod`"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login during", "log in by `pulumi login`"),
        ("error: unable to open bucket file:///nowhere?no_tmp_dir=true: stat", "correct PULUMI_BACKEND_URL"),
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE", "export PULUMI_CONFIG_PASSPHRASE, or"),
        (
            "error: error on wait for container with ID '01': context deadline exceeded",
            "destroy --refresh --stack prod",
        ),
    ],
)
def test_errors_of_pulumi_get_a_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: str, text: str
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    ending(monkeypatch, 1, stderr=error)
    with pytest.raises(SystemExit):
        pulumi_cli.pulumi("stack", "export", "--stack", "prod")
    printed = capsys.readouterr().err
    assert error in printed
    assert text in printed


def test_source_of_a_passphrase_in_a_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/somewhere/passphrase")
    assert "that of the file /somewhere/passphrase" in pulumi_cli.advice("error: incorrect passphrase", "prod")
    assert pulumi_cli.advice("error: something else", "prod") == ""


def test_missing_stack_and_unreachable_backend_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ending(monkeypatch, 6, stderr="error: no stack named 'prod' found")
    assert not pulumi_cli.exists("prod", "s3://state")
    ending(monkeypatch, 0)
    assert pulumi_cli.exists("prod", "s3://state")
    ending(monkeypatch, 1, stderr="error: read: dial tcp: no such host")
    with pytest.raises(SystemExit):
        pulumi_cli.exists("prod", "s3://state")
    assert "prod: the state in s3://state cannot be read:\n" in capsys.readouterr().err
