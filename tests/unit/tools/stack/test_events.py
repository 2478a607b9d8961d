"""tools/stack/events.py: runs of Pulumi and their event log."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.events import before, message
from tests.support.rows import rows
from tools.stack import events
from tools.stack.events import Event, Outcome, note, step_of
from tools.stack.interrupts import ENDING

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


# Stands for Pulumi: ends after as many interrupts as its argument says; its events tell how many it has heard.
INTERRUPTED = """
import json, signal, sys, time
heard = [0]
def end(*_):
    heard[0] += 1
    if heard[0] == int(sys.argv[1]):
        sys.exit(1)
signal.signal(signal.SIGINT, end)
log = open(sys.argv[sys.argv.index("--event-log") + 1], "w")
while True:
    log.write(json.dumps({"heard": heard[0]}) + "\\n"); log.flush(); time.sleep(0.1)
"""


class Stopped:
    """Stands for a person, or a pipeline, that stops a run by signals for this command.

    Each waits until Pulumi has heard the one before, if that is passed on: the kernel makes one signal of two that a
    process has not heard.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *signals: int, lasts: int):
        self.sent: list[int] = []
        self.told: list[str] = []
        self._signals = signals

        def command(*arguments: str) -> list[str]:
            return [sys.executable, "-c", INTERRUPTED, str(lasts), *arguments]

        monkeypatch.setattr(events, "command", command)
        monkeypatch.setattr(events, "INTERVAL_S", 0.01)

    def run(self, *, tells: bool = True) -> Outcome:
        """Run Pulumi's stand-in until it ends."""
        on_interrupt = (lambda: self.told.append(f"after {len(self.sent)}")) if tells else None
        return events.run(["up"], self._send, lambda: None, show=False, on_interrupt=on_interrupt)

    def _send(self, event: Event) -> None:
        passed_on = len(self.sent[:1]) + self.sent[1:].count(signal.SIGINT)
        is_heard = event["heard"] == passed_on and len(self.told) == len(self.sent[:1])
        if len(self.sent) < len(self._signals) and (is_heard or not self.sent):
            self.sent.append(self._signals[len(self.sent)])
            os.kill(os.getpid(), self.sent[-1])


@rows(
    "signals, lasts, code",
    [
        ((signal.SIGINT,), 1, 1),
        ((signal.SIGINT, signal.SIGINT), 2, 1),
        ((signal.SIGINT, signal.SIGINT, signal.SIGINT), 3, -signal.SIGKILL),
        ((signal.SIGTERM,), 1, 1),
        ((signal.SIGHUP,), 1, 1),
        ((signal.SIGHUP, signal.SIGTERM, signal.SIGHUP, signal.SIGINT), 2, 1),
    ],
)
def test_signal_ends_pulumi_in_order_and_is_told_once(
    signals: tuple[int, ...], lasts: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only Ctrl-C counts again."""
    stopped = Stopped(monkeypatch, *signals, lasts=lasts)
    before = [signal.getsignal(one) for one in ENDING]
    outcome = stopped.run()
    assert (outcome.signal, outcome.interrupted, outcome.code) == (signals[0], True, code)
    assert stopped.sent == list(signals)
    assert stopped.told == ["after 1"]
    assert [signal.getsignal(one) for one in ENDING] == before


@rows("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_a_command_that_tells_nothing_once_pulumi_has_ended(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = Stopped(monkeypatch, number, lasts=1)
    with pytest.raises(SystemExit) as ended:
        stopped.run(tells=False)
    assert ended.value.code == 128 + number


def test_pulumi_is_out_of_reach_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import os; print(os.getsid(0) == os.getpid())"
    monkeypatch.setattr(events, "command", lambda *_: [sys.executable, "-c", script])
    assert events.run(["up"], lambda _: None, lambda: None, show=False).output == "True\n"


def test_failure_of_this_command_ends_pulumi_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Event) -> None:
        raise ValueError("no")

    stopped = Stopped(monkeypatch, lasts=1)
    monkeypatch.setattr(stopped, "_send", fail)
    with pytest.raises(ValueError, match="no"):
        stopped.run()
