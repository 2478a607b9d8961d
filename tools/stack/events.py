"""Events of a run of Pulumi: every step and every message, as its event log has them."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TextIO

from tools.console import fail
from tools.pulumi_cli import CHECKOUT, command
from tools.stack.interrupts import Interrupts

INTERVAL_S = 0.2
PHASES = {"machines": "machines", "firewall": "machines", "engine": "engines", "swarm": "swarm"}  # by folder of a type
LAST_PHASE = "services"
Event = Mapping[str, Any]
Message = tuple[str, str, str]  # severity, logical name, text


@dataclass(frozen=True)
class Step:
    """A step of Pulumi on a resource."""

    op: str  # such as "create", "update", "same" or "create-replacement"
    urn: str
    kind: str  # type of the resource
    old: Mapping[str, Any]  # the resource before, empty if it is new
    new: Mapping[str, Any]  # the resource after, empty if it is deleted
    changed: tuple[str, ...] = ()  # names of the properties that differ

    @property
    def name(self) -> str:
        """Logical name of the resource."""
        return self.urn.rpartition("::")[2]

    @property
    def is_resource(self) -> bool:
        """Whether the resource is real, and no component, provider or note of the program."""
        return bool(self.new.get("custom") or self.old.get("custom")) and not self.kind.startswith("pulumi:")

    @property
    def phase(self) -> str:
        """Part of the infrastructure that the resource belongs to."""
        folder = re.search(r"::nuvla:(\w+):", self.urn)
        return PHASES.get(folder[1], LAST_PHASE) if folder else LAST_PHASE


@dataclass
class Outcome:
    """The end of a run: its exit code, its errors and warnings, and what Pulumi printed itself."""

    code: int = 0
    messages: list[Message] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)  # logical names of resources whose step failed
    output: str = ""
    errors: str = ""
    signal: int = 0  # the one that ended the run, such as that of Ctrl-C

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended the run."""
        return self.signal != 0


def step_of(event: Event, key: str = "resourcePreEvent") -> Step | None:
    """Return the step of an event, if it is about one."""
    metadata = (event.get(key) or {}).get("metadata")
    if not metadata:
        return None
    changed = [*(metadata.get("diffs") or ()), *(metadata.get("detailedDiff") or {})]
    return Step(
        op=metadata.get("op", ""),
        urn=metadata.get("urn", ""),
        kind=metadata.get("type", ""),
        old=metadata.get("old") or {},
        new=metadata.get("new") or {},
        changed=tuple(dict.fromkeys(re.split(r"[.\[]", name)[0] for name in changed)),
    )


def message_of(event: Event) -> Message | None:
    """Return the message of an event, without colours, if it has one for people."""
    message = event.get("diagnosticEvent") or {}
    severity, text = message.get("severity", ""), _plain(message.get("message", ""))
    return (severity, message.get("urn", "").rpartition("::")[2], text) if text and severity != "debug" else None


def note(event: Event, outcome: Outcome) -> None:
    """Add the message or the failure of an event to the outcome, unless it is there: some plugins say all twice."""
    if message := message_of(event):
        if message not in outcome.messages:
            outcome.messages.append(message)
    elif failure := step_of(event, "resOpFailedEvent"):
        outcome.failed.add(failure.name)


def run(
    arguments: list[str],
    on_event: Callable[[Event], None],
    on_wait: Callable[[], None],
    *,
    show: bool,
    on_interrupt: Callable[[], None] | None = None,
) -> Outcome:
    """Run Pulumi and give each of its events to `on_event`; call `on_wait` all the time.

    With `show`, Pulumi's own output goes to people; otherwise it is in the outcome. Signals end Pulumi as `Interrupts`
    says, and the outcome has the first; without `on_interrupt`, it ends this command.
    """
    outcome = Outcome()
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="nuvla-swarm-") as folder, Interrupts(on_interrupt) as interrupts:
        log, out, err = (Path(folder) / name for name in ("events", "out", "err"))
        with out.open("w+") as stdout, err.open("w+") as stderr:
            process = _start([*arguments, "--event-log", str(log)], None if show else stdout, stderr)
            interrupts.attach(process)
            reader = _read(log)
            while True:
                ended = process.poll() is not None
                for event in reader:
                    if event is None:
                        break
                    note(event, outcome)
                    on_event(event)
                on_wait()
                interrupts.tell()
                if ended:
                    break
                time.sleep(INTERVAL_S)
        texts = (path.read_text(encoding="utf-8", errors="replace") for path in (out, err))
        outcome.code, (outcome.output, outcome.errors) = process.returncode, texts
        outcome.signal = interrupts.signal
    if outcome.signal and not on_interrupt:
        stopped(outcome)
    return outcome


def stopped(outcome: Outcome) -> NoReturn:
    """End this command with the exit code of one that the signal of the outcome ends."""
    raise SystemExit(128 + outcome.signal)


def _start(arguments: list[str], stdout: TextIO | None, stderr: TextIO) -> "subprocess.Popen[str]":
    environment = os.environ | {"PULUMI_DEBUG_COMMANDS": "true"}  # without it, Pulumi knows no --event-log
    try:
        return subprocess.Popen(
            command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
            env=environment,
            cwd=CHECKOUT,
            start_new_session=True,  # which a lost terminal does not end; `Interrupts` passes on what is to end it
        )
    except FileNotFoundError:
        fail("pulumi is not on PATH: run `make setup`")


def _read(log: Path) -> Iterator[Event | None]:
    """Yield the events of a growing log, and None whenever there is no whole line more."""
    while not log.exists():
        yield None
    with log.open(encoding="utf-8", errors="replace") as lines:
        rest = ""
        while True:
            rest += lines.readline()
            if not rest.endswith("\n"):
                yield None
                continue
            try:
                event = json.loads(rest)
            except ValueError:
                event = {}
            rest = ""
            yield event if isinstance(event, dict) else {}


def _plain(text: str) -> str:
    """Return a message without colours."""
    return re.sub(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m", "", text).strip("\n")
