"""The recorded session: a new clone of what is committed, its infrastructure, and the removal of both."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from docs.recording import terminal
from docs.recording.cast import Cast, Event
from docs.recording.redaction import Redaction, secrets
from stacks.release import version

CHECKOUT = Path(__file__).parents[2]
COLUMNS, IDLE_LIMIT_S, PAUSE_S = 110, 1.0, 5.0
STATUS_RUNS = 12  # until Prometheus has asked all that it asks
OF_ANOTHER_SHELL = re.compile(r"PULUMI_\w+|NUVLA_SWARM_(ENV|BACKEND)|VIRTUAL_ENV|PYTHON\w+|GOGC|STACK|M(AKE|FLAGS)\w*")
OFFLINE = "offline build: a stand-in for Grafana"


def new_shell() -> dict[str, str]:
    """Return the environment of a shell that has not worked in any checkout."""
    kept = {name: value for name, value in os.environ.items() if not OF_ANOTHER_SHELL.fullmatch(name)}
    folders = [folder for folder in os.environ["PATH"].split(":") if "/.venv/" not in folder + "/"]
    return kept | {"PATH": ":".join(f for f in folders if "/pulumi-home/" not in f), "TERM": "xterm-256color"}


class Session:
    """A new clone with its infrastructure. In the end `make down` removes it, with an engine that `make up` started."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="nuvla-swarm-recording-")).resolve()
        self._clone = self._folder / "nuvla-swarm"
        self._environment = new_shell()

    def __enter__(self) -> "Session":
        subprocess.run(["git", "clone", "--quiet", CHECKOUT, self._clone], check=True)
        return self

    def __exit__(self, *error: object) -> None:
        home = self._stand_ins()
        down = subprocess.run(["make", "down"], cwd=self._clone, env=self._environment, check=False)
        if down.returncode != 0:
            sys.exit(f"recording: `make down` failed in {self._clone}: run it there again, then remove the folder")
        if home:
            shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(self._folder)

    def record(self) -> Cast:
        """Run the commands and return the recording, fit for everybody."""
        up = list(self._run("make up"))
        status = list(self._run("make status"))
        for _ in range(STATUS_RUNS):
            if not re.search("not (asked|probed) yet", "".join(event.text for event in status)):
                break
            status = list(self._run("make status"))
        redacted = Redaction(self._clone, Path.home(), secrets(self._outputs()))
        begin = up[-1].time_s + PAUSE_S
        events = [*up, Event(begin, "\r\n"), *(Event(begin + event.time_s, event.text) for event in status)]
        title = f"nuvla-swarm {version()}: first `make up`, then `make status`; pauses cut"
        if self._stand_ins():
            title += f" ({OFFLINE})"
        return Cast(title, COLUMNS, IDLE_LIMIT_S, tuple(Event(event.time_s, redacted(event.text)) for event in events))

    def _run(self, command: str) -> Iterator[Event]:
        for event in terminal.run(command, self._clone, self._environment, COLUMNS):
            sys.stderr.write(event.text if command == "make up" else "")
            yield event

    def _shell(self, command: str) -> str:
        """Return what a command prints in the environment that `make env` gives."""
        line = f'eval "$(tools/env.sh dev)" && {command}'
        return subprocess.run(
            ["bash", "-c", line], cwd=self._clone, env=self._environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def _outputs(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self._shell("pulumi stack output --stack dev --show-secrets --json"))
        return found

    def _stand_ins(self) -> Path | None:
        """Return the folder of the clone's own stand-ins; none if Pulumi was installed as released."""
        home = Path(self._shell('printf %s "${PULUMI_HOME:-}"'))
        return home if "pulumi-home" in home.parts else None
