"""tools/computer_settings.py: what local/settings.sh prints becomes a file that is written whole."""

import json
import subprocess
from pathlib import Path

import pytest

from stacks.config import computer
from tests.support.checkout import CHECKOUT
from tools import computer_settings
from tools.computer_settings import nested, write

LINES = ["machines.image=a/b:1=2", "machines.privileged=false", "engine.mirrors[0]=http://c", "engine.mirrors[1]=d"]
SETTINGS = {"machines": {"image": "a/b:1=2", "privileged": False}, "engine": {"mirrors": ["http://c", "d"]}}


def test_lines_become_sections() -> None:
    assert nested(LINES) == SETTINGS
    assert nested([]) == {}


def test_file_is_written_whole_and_only_if_it_changes(tmp_path: Path) -> None:
    file = tmp_path / ".state" / "computer.json"
    write(file, SETTINGS)
    assert json.loads(file.read_text()) == SETTINGS
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    first = file.stat()
    write(file, SETTINGS)
    assert file.stat().st_mtime_ns == first.st_mtime_ns
    write(file, {})
    assert file.stat().st_ino != first.st_ino, "a reader may see half of it"
    assert file.parent.stat().st_mode & 0o077 == 0


def test_settings_of_the_script_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "local" / "settings.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nprintf '%s\\n' '" + "' '".join(LINES) + "'\n")
    script.chmod(0o755)
    monkeypatch.setattr(computer_settings, "CHECKOUT", tmp_path)
    monkeypatch.setattr(computer_settings, "FILE", tmp_path / "computer.json")
    computer_settings.main()
    assert json.loads((tmp_path / "computer.json").read_text()) == SETTINGS
    script.write_text("#!/bin/sh\nexit 7\n")
    with pytest.raises(SystemExit, match=r"^7$"):
        computer_settings.main()
    assert json.loads((tmp_path / "computer.json").read_text()) == SETTINGS


def test_file_belongs_to_no_commit() -> None:
    """Git ignores the place where the program reads it."""
    ignored = subprocess.run(["git", "check-ignore", computer.PLACE], cwd=CHECKOUT, capture_output=True, check=False)
    assert ignored.returncode == 0
