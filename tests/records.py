"""Records of what ran: `pytest --record` writes into docs/tested.json which defaults of the program passed here.

A test tells by the fixture `ran` which default it has just seen at work, and in which version.
"""

import json
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docs.tested import RECORDS, Record, is_default, merged, read

PROPERTY = "ran"
Ran = Callable[..., None]


@pytest.fixture
def ran(request: pytest.FixtureRequest) -> Ran:
    """A function that notes that a default of the program works: `ran("images.traefik", "3.7.6", engine="28.5.2")`.

    The version is the one that answered, and no setting. `engine` is that of the machines, without machines empty;
    `kernel` is that of the machines, without a value the one of this computer.
    """

    def note(default: str, version: str, *, engine: str = "", kernel: str = "") -> None:
        assert is_default(default), f"add {default!r} to the defaults of docs/tested.py"
        of_this_computer = f"{platform.release().partition('-')[0]} of the computer"
        found = {"default": default, "version": version, "engine": engine, "kernel": kernel or of_this_computer}
        request.node.user_properties.append((PROPERTY, found))

    return note


class Recorder:
    """Writes the records of passed tests when the run ends."""

    def __init__(self, file: Path):
        self._file = file
        self._records: list[Record] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the records of a test that has passed."""
        if report.when == "call" and report.passed:
            today = datetime.now(tz=UTC).date().isoformat()
            for name, found in report.user_properties:
                if name == PROPERTY and isinstance(found, dict):
                    suite = report.nodeid.partition("::")[0]
                    self._records.append(Record(**found, suite=suite, day=today, seconds=round(report.duration, 1)))

    def pytest_sessionfinish(self) -> None:
        """Add the records to those of the file."""
        write(self._file, merged(read(self._file), self._records))


def write(file: Path, records: Iterable[Record]) -> None:
    """Write records into a file, whole or not at all."""
    new = file.with_suffix(f".{os.getpid()}")
    lines = [json.dumps(asdict(record), ensure_ascii=False) for record in records]
    new.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    new.replace(file)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what a failed run has run on, so that it can be run again."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        engine = os.environ.get("NUVLA_SWARM_ENGINE") or "the default"
        machines = os.environ.get("NUVLA_SWARM_MACHINES") or "local"
        seed, part = config.getoption("seed") or "none", config.getoption("slice")
        terminalreporter.write_line(
            f"failed with engine {engine} of local machines, a full target on machines {machines}, "
            f"kernel {platform.release()} of the computer, seed {seed}, slice {part}"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Record with `--record`, in the process that gets the reports of all others."""
    if config.getoption("record") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(RECORDS))
