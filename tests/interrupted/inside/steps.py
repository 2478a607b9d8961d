"""Runs a script of the program as SSH would, and stops before each of its commands to ask whether to go on."""

import ctypes
import fcntl
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PRELUDE = Path(__file__).with_name("prelude.sh").read_text(encoding="utf-8")
ABOVE_OF_SCRIPTS = 198  # descriptors from here on are none that a script opens itself
PATIENCE_S = 60
SET_CHILD_SUBREAPER = 36  # of prctl(2)


@dataclass(frozen=True)
class Step:
    """A command of a script, before it runs."""

    number: int  # of those of the run
    lines: tuple[int, ...]  # its own in the script, then those of the functions' calls that it is in; 0 of a trap
    time: int  # how many commands have come up there, with this one
    command: str

    @property
    def place(self) -> tuple[tuple[int, ...], int]:
        """What tells it from others, in every run."""
        return self.lines, self.time


@dataclass(frozen=True)
class Script:
    """What is sent to a machine, and how it is called there."""

    parameters: str  # lines that export them
    text: str  # library and script
    arguments: Sequence[str] = ()

    def with_steps(self, steps: int, leave: int) -> str:
        """The text that stops before each command: tells it on the one descriptor, waits on the other."""
        return f"{self.parameters}__steps={steps} __leave={leave}\n{PRELUDE}{self.text}"

    @property
    def first_line(self) -> int:
        """Number of lines before the text, when it stops before each command."""
        return (self.parameters + PRELUDE).count("\n") + 1


@dataclass
class Run:
    """How a run of a script ended."""

    code: int = 0
    stdout: str = ""
    stderr: str = ""
    stopped: Step | None = None  # before which it was killed
    steps: list[Step] = field(default_factory=list)


def run(script: Script, goes_on: Callable[[Step], bool] | None = None) -> Run:
    """Runs it to its end, or up to the step that must not happen: there everything that it started dies with it.

    Errors: TimeoutError when it takes more than a minute.
    """
    steps_out, steps_in = _pipe()
    leave_out, leave_in = _pipe()
    text = script.with_steps(steps_in, leave_out) if goes_on else script.parameters + script.text
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr, _orphans_adopted():
        process = subprocess.Popen(
            ["bash", "-s", "--", *script.arguments],
            stdin=_pipe_with(text),
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            pass_fds=(steps_in, leave_out),
            cwd="/root",
        )
        for end in (steps_in, leave_out):
            os.close(end)
        try:
            done = _follow(process, steps_out, leave_in, script.first_line, goes_on)
        finally:
            _end(process)
            os.close(steps_out)
            os.close(leave_in)
        done.code = process.returncode
        for file, name in ((stdout, "stdout"), (stderr, "stderr")):
            file.seek(0)
            setattr(done, name, file.read().decode(errors="replace"))
    return done


def _pipe() -> tuple[int, int]:
    """A pipe whose ends have numbers that neither a script nor this process uses, however many files it has open."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, ABOVE_OF_SCRIPTS) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


def _pipe_with(text: str) -> int:
    """A pipe that has the text, and then ends."""
    data = text.encode()
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, max(2 * len(data), 4096))
    os.write(writer, data)
    os.close(writer)
    return reader


def _follow(
    process: "subprocess.Popen[bytes]",
    steps: int,
    leave: int,
    before: int,
    goes_on: Callable[[Step], bool] | None,
) -> Run:
    """Asks at each step; returns when the process has ended, or is to be killed."""
    done, times, unread = Run(), Counter[tuple[int, ...]](), b""
    deadline = time.monotonic() + PATIENCE_S
    with os.fdopen(os.pidfd_open(process.pid), "rb", buffering=0) as ended, selectors.DefaultSelector() as selector:
        selector.register(steps, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select(deadline - time.monotonic())}
            if not ready:
                raise TimeoutError(f"it runs for more than {PATIENCE_S} s, at {done.steps[-1:]}")
            data = os.read(steps, 65536) if steps in ready else b""
            if steps in ready and not data:
                selector.unregister(steps)
            *lines, unread = (unread + data).split(b"\n")
            for line in lines:
                place, _, command = line.decode(errors="replace").partition("\t")
                numbers = tuple(int(number) - before for number in place.split() if int(number) > before) or (0,)
                times[numbers] += 1
                step = Step(len(done.steps) + 1, numbers, times[numbers], command[:160])
                if goes_on and not goes_on(step):
                    done.stopped = step
                    return done
                done.steps.append(step)
                os.write(leave, b"\n")
            if ended.fileno() in ready and not data:
                return done


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Nothing of it is left: what it leaves behind becomes this process's own child, and is waited for."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-process.pid, 0)


@contextmanager
def _orphans_adopted() -> Iterator[None]:
    system = ctypes.CDLL(None)
    system.prctl(SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        system.prctl(SET_CHILD_SUBREAPER, 0)
