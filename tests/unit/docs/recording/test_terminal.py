"""docs/recording/terminal.py: commands at a terminal of their own."""

import os
from pathlib import Path

import pytest

from docs.recording.terminal import BOLD, CommandError, run

ENVIRONMENT = {"PATH": os.environ["PATH"], "TERM": "xterm"}


def printed(command: str, folder: Path) -> list[str]:
    return [event.text for event in run(command, folder, ENVIRONMENT, 110)]


def test_prompt_and_lines_come_one_by_one_with_rising_times(tmp_path: Path) -> None:
    events = list(run("echo one; echo two >&2; printf three", tmp_path, ENVIRONMENT, 110))
    assert events[0].text.startswith(f"{BOLD}$ echo one")
    assert [event.text for event in events[1:]] == ["one\r\n", "two\r\n", "three"]
    assert [event.time_s for event in events] == sorted(event.time_s for event in events)


def test_command_is_at_a_terminal_of_these_columns(tmp_path: Path) -> None:
    command = "test -t 0 && test -t 1 && test -t 2 && stty size | cut -d ' ' -f 2"
    assert printed(command, tmp_path)[1:] == ["110\r\n"]


def test_command_runs_in_the_folder_with_this_environment_alone(tmp_path: Path) -> None:
    assert printed('pwd -P; echo "${HOME:-none}"', tmp_path)[1:] == [f"{tmp_path.resolve()}\r\n", "none\r\n"]


def test_failed_command_tells_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"(?s)ended with 3:.*why"):
        printed("echo why; exit 3", tmp_path)


def test_command_ends_with_its_recording(tmp_path: Path) -> None:
    events = run("echo $$; exec sleep 60", tmp_path, ENVIRONMENT, 110)
    next(events)
    process = int(next(events).text)
    events.close()  # type: ignore[attr-defined] # a generator
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
