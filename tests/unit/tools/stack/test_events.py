"""tools/stack/events.py: runs of Pulumi and their event log."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.events import before, message
from tests.support.rows import rows
from tools.stack import events
from tools.stack.events import Event, Outcome, note, step_of

POPEN = subprocess.Popen
# Stands for Pulumi: writes whole and half lines into the event log, and ends as it is told.
PROGRAM = """
import sys, time
log = open(sys.argv[sys.argv.index("--event-log") + 1], "w")
for part in ['{"sequence": 1}\\n', '{"sequ', 'ence": 2}\\nnonsense\\n[1]\\n', '{"sequence": 3}\\n']:
    log.write(part); log.flush(); time.sleep(0.05)
print("own output"); print("own error", file=sys.stderr)
sys.exit(4)
"""


def test_events_are_read_while_pulumi_runs_and_its_output_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    monkeypatch.setattr(events, "command", lambda *arguments: [sys.executable, str(program), *arguments])
    monkeypatch.setattr(events, "INTERVAL_S", 0.01)
    seen: list[Event] = []
    waits: list[None] = []
    outcome = events.run(["up"], seen.append, lambda: waits.append(None), show=False)
    assert [event["sequence"] for event in seen if event] == [1, 2, 3]
    assert (outcome.code, outcome.output, outcome.errors) == (4, "own output\n", "own error\n")
    assert waits


def test_run_without_an_event_log_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old Pulumi refuses the option, or none is there at all."""
    script = "import sys; print('error: unknown flag', file=sys.stderr); sys.exit(1)"
    monkeypatch.setattr(events, "command", lambda *_: [sys.executable, "-c", script])
    outcome = events.run(["up"], lambda _: None, lambda: None, show=False)
    assert (outcome.code, outcome.errors) == (1, "error: unknown flag\n")
    monkeypatch.setattr(events, "command", lambda *_: ["/nowhere/pulumi"])
    with pytest.raises(SystemExit, match="pulumi is not on PATH"):
        events.run(["up"], lambda _: None, lambda: None, show=False)


def test_step_knows_its_phase_and_changed_properties() -> None:
    event = before("update", "instance", "worker-1", diffs=["labels", "diskSize"])
    step = step_of(event)
    assert step is not None
    assert (step.name, step.phase, step.changed, step.is_resource) == (
        "worker-1",
        "machines",
        ("labels", "diskSize"),
        True,
    )
    phases = {
        kind: step.phase
        for kind in ("firewall", "engine", "join", "wait")
        if (step := step_of(before("same", kind, "x")))
    }
    assert phases == {"firewall": "machines", "engine": "engines", "join": "swarm", "wait": "services"}
    assert step_of({"summaryEvent": {}}) is step_of({}) is None


def test_message_is_noted_once_without_colours() -> None:
    outcome = Outcome()
    for _ in range(2):
        note(message("error", "<{%fg 1%}>no\x1b[0m", "instance", "worker-1"), outcome)
    note(message("debug", "never"), outcome)
    assert outcome.messages == [("error", "worker-1", "no")]


def test_output_that_is_no_text_is_kept_as_far_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import os; os.write(2, b'broken \\xff end'); os.kill(os.getpid(), 9)"
    monkeypatch.setattr(events, "command", lambda *_: [sys.executable, "-c", script])
    outcome = events.run(["up"], lambda _: None, lambda: None, show=False)
    assert (outcome.code, outcome.errors) == (-signal.SIGKILL, "broken \N{REPLACEMENT CHARACTER} end")


# Stands for Pulumi: notes each Ctrl-C, and ends after those of its argument.
INTERRUPTED = """
import signal, sys, time
left = [int(sys.argv[1])]
def end(*_):
    left[0] -= 1
    if not left[0]:
        sys.exit(1)
signal.signal(signal.SIGINT, end)
log = open(sys.argv[sys.argv.index("--event-log") + 1], "w")
while True:
    log.write("{}\\n"); log.flush(); time.sleep(0.1)
"""


@rows("interrupts", [1, 2])
def test_interrupt_is_told_once_and_the_outcome_is_kept(interrupts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "INTERVAL_S", 0.01)
    children: list[int] = []
    sent: list[Event] = []

    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-c", INTERRUPTED, str(interrupts), *arguments]

    def start(*arguments: Any, **options: Any) -> "subprocess.Popen[str]":
        process = POPEN(*arguments, **options)
        children.append(process.pid)
        return process

    def interrupt(event: Event) -> None:  # as a terminal does: both processes get the signal
        if len(sent) < interrupts:
            sent.append(event)
            os.kill(children[0], signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(events, "command", command)
    monkeypatch.setattr("subprocess.Popen", start)
    told: list[str] = []
    handler = signal.getsignal(signal.SIGINT)
    outcome = events.run(
        ["up"], interrupt, lambda: None, show=False, on_interrupt=lambda: told.append(f"after {len(sent)}")
    )
    assert (outcome.interrupted, outcome.code) == (True, 1)
    assert told == ["after 1"]
    assert signal.getsignal(signal.SIGINT) is handler


def test_end_of_the_command_ends_pulumi_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = tmp_path / "ended"
    script = f"""
import signal, sys, time
def end(*_):
    open({str(ended)!r}, "w").close()
    sys.exit(1)
signal.signal(signal.SIGINT, end)
open(sys.argv[-1], "w").write("{{}}\\n")
time.sleep(60)
"""
    monkeypatch.setattr(events, "command", lambda *arguments: [sys.executable, "-c", script, *arguments])
    with pytest.raises(SystemExit) as stopped:
        events.run(["up"], lambda _: os.kill(os.getpid(), signal.SIGTERM), lambda: None, show=False)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert ended.exists()
