"""A reader, who runs the commands of a page in a new shell of a new clone, at a terminal."""

import os
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pty import openpty
from typing import Self

from tests.pages.blocks import Block, Command, sessions
from tests.pages.walks import Walk
from tests.support.checkout import CHECKOUT
from tests.support.crowd import crowd

# Of the environment, for packages, tools and downloads; everything else is that of a new shell.
KEPT = (
    "HOME",
    "USER",
    "LANG",
    "PATH",
    "TMPDIR",
    "NUVLA_SWARM_OFFLINE",
    "NUVLA_SWARM_CACHE",
    "XDG_CACHE_HOME",
    "DOCKER_HOST",
)
KEPT_PARTS = ("_proxy", "pip_", "goproxy", "gosumdb", "goflags", "ssl_cert", "ca_bundle", "cainfo")
MARK = "@@reader"
TIMEOUT_S = 600


@dataclass(frozen=True)
class Ran:
    """A command of a page that ran."""

    block: Block
    command: Command
    code: int
    text: str  # what it printed


def clone(folder: Path) -> None:
    """Clone what is committed."""
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(folder)], check=True)


def new_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a new shell: without what another shell of this checkout exported."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or any(part in name.lower() for part in KEPT_PARTS)
    }
    folders = [folder for folder in kept["PATH"].split(":") if not folder.startswith(str(CHECKOUT))]
    return kept | {"PATH": ":".join(folders), "TERM": "dumb", "COLUMNS": "200"} | dict(given)


def read_page(
    page: Path, folder: Path, environment: Mapping[str, str], walk: Walk, edits: Sequence[str] = ()
) -> Iterator[Ran]:
    """Run the commands of a page one after the other, in one shell; yield each when it has ended.

    `edits` are commands that do what the reader does with an editor, where the walk says so.

    Errors: `AssertionError` if a command takes longer than `TIMEOUT_S`, longer while others want the cores, or one
    that the page does not have fails.
    """
    steps: list[tuple[Block | None, Command]] = [(None, Command(text, 0, "$")) for text in walk.before]
    for block in sessions(page):
        for command in block.commands() if block.is_run else []:
            steps.append((block, command))
            if any(re.search(pattern, command.text) for pattern in walk.edits):
                steps += [(None, Command(text, 0, "$")) for text in edits]
    script = folder.with_suffix(".commands")
    script.write_text("\n".join(_step(number, command.text) for number, (_, command) in enumerate(steps)) + "\n")
    with Shell(script, folder, environment) as shell:
        for number, (source, command) in enumerate(steps):
            typed = [answer for pattern, answer in walk.answers.items() if re.search(pattern, command.text)]
            code, text = shell.follow(number, command.text, typed)
            if source is None:
                assert code == 0, f"{command.text}\n{text}"
                continue
            yield Ran(source, command, code, text)


def _step(number: int, text: str) -> str:
    """Return a command between marks that say where its output begins and ends, and its exit code."""
    return f"echo '{MARK} {number} begins'\n{text}\necho \"{MARK} {number} ends $?\""


class Shell:
    """A shell at a terminal, which runs a script."""

    def __init__(self, script: Path, folder: Path, environment: Mapping[str, str]):
        self._output = ""  # what no command has taken yet
        self._main, self._terminal = openpty()
        mode = termios.tcgetattr(self._terminal)
        mode[1] &= ~termios.OPOST  # one character for a newline
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(self._terminal, termios.TCSANOW, mode)
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", str(script)],
            cwd=folder,
            env=dict(environment),
            stdin=self._terminal,
            stdout=self._terminal,
            stderr=self._terminal,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._main)
        os.close(self._terminal)

    def follow(self, number: int, text: str, answers: Sequence[str]) -> tuple[int, str]:
        """Wait until a command ends, and type the answers to its questions; return its exit code and its output."""
        deadline = time.monotonic() + TIMEOUT_S * crowd()
        self._wait(f"{MARK} {number} begins\n", text, deadline)
        termios.tcflush(self._terminal, termios.TCIFLUSH)  # what the command before did not read
        for answer in answers:
            os.write(self._main, f"{answer}\n".encode())
        output = self._wait(f"{MARK} {number} ends ", text, deadline)
        return int(self._wait("\n", text, deadline) or self._process.returncode), output

    def _wait(self, mark: str, text: str, deadline: float) -> str:
        """Return the output up to a mark, or all of it if the shell ended, as after `exit`."""
        while mark not in self._output:
            assert time.monotonic() < deadline, f"not done in time: {text}\n{self._output}"
            if select.select([self._main], [], [], 0.1)[0]:
                self._output += os.read(self._main, 65536).decode(errors="replace")
            elif self._process.poll() is not None:
                self._output, output = "", self._output
                return output
        output, _, self._output = self._output.partition(mark)
        return output
