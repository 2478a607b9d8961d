"""Commands at a terminal of their own, and the lines that they print, with times."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from docs.recording.cast import Event

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


class CommandError(Exception):
    """A command that failed: what it printed."""


def run(command: str, folder: Path, environment: Mapping[str, str], columns: int) -> Iterator[Event]:
    """Run a command line; yield the prompt with it, then each line when it ends.

    Errors: `CommandError`, after the last line.
    """
    begin = time.monotonic()
    yield Event(0, f"{BOLD}$ {command}{PLAIN}\r\n")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=dict(environment),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    printed = []
    try:
        for line in _lines(ours):
            printed.append(line)
            yield Event(time.monotonic() - begin, line)
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)  # it is in a session of its own, which Ctrl-C does not reach
        process.wait()
        raise
    if code := process.wait():
        raise CommandError(f"`{command}` ended with {code}:\n{''.join(printed[-40:])}")


def _lines(terminal: int) -> Iterator[str]:
    """Yield what a terminal gets, up to each end of a line, until nobody has it open."""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        rest = b""
        while chunk := _chunk(stream.read):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield f"{line.decode(errors='replace')}\n"
    if rest:
        yield rest.decode(errors="replace")


def _chunk(read: Callable[[int], bytes | None]) -> bytes:
    try:
        return read(65536) or b""
    except OSError:  # how Linux says that the other end is closed
        return b""
