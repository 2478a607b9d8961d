"""tools/console.py: lines and questions for people."""

import io
import subprocess
import sys

import pytest

from tests.support.rows import rows
from tools import console
from tools.pulumi_cli import CHECKOUT


@rows("answer, expected", [("y\n", "y"), ("Y\n", "y"), ("yes\n", "y"), ("prod\n", "prod")])
def test_expected_answer_goes_on(monkeypatch: pytest.MonkeyPatch, answer: str, expected: str) -> None:
    monkeypatch.setattr(console, "is_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    monkeypatch.delenv("YES", raising=False)
    console.ask("Apply?", expected, "nothing is changed")


@rows("answer", ["", "\n", "n\n", "yes please\n"])
def test_other_answer_ends_the_command(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(console, "is_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    monkeypatch.delenv("YES", raising=False)
    with pytest.raises(SystemExit, match=r"nuvla-swarm: error: the answer is .* so nothing is changed"):
        console.ask("Apply?", "y", "nothing is changed")


def test_pipeline_answers_by_a_variable_and_is_refused_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "is_terminal", lambda: False)
    monkeypatch.delenv("YES", raising=False)
    with pytest.raises(SystemExit, match="so nothing is changed: add YES=1"):
        console.ask("Apply?", "y", "nothing is changed")
    monkeypatch.setenv("YES", "1")
    console.ask("Apply?", "y", "nothing is changed")


@rows("value, is_on", [("1", True), ("true", True), ("YES", True), ("0", False), ("", False), ("no", False)])
def test_switches_are_on_by_their_values(monkeypatch: pytest.MonkeyPatch, value: str, is_on: bool) -> None:
    monkeypatch.setenv("FORCE", value)
    assert console.chosen("FORCE") == is_on


def test_line_without_a_reader_ends_no_work() -> None:
    script = (
        "import os, sys; from tools.console import say; reader, writer = os.pipe(); os.dup2(writer, 1); "
        "os.dup2(writer, 2); os.close(reader); os.close(writer); say('x'); say('y'); print('y', flush=True)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=CHECKOUT).returncode == 0
