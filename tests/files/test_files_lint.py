"""tools/dev/lint.sh runs checks side by side, and skips a tool that is not installed but in CI."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.harness import Result, run
from tests.support.checkout import CHECKOUT

NEEDED = ("bash", "env", "dirname", "mktemp", "rm", "sed")


class Linted:
    """A checkout with the script, and a PATH with nothing but stand-ins of the tools."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        (folder / "tools/dev").mkdir(parents=True)
        shutil.copy(CHECKOUT / "tools/dev/lint.sh", folder / "tools/dev")
        for name in NEEDED:
            (self.bin / name).symlink_to(str(shutil.which(name)))

    def tool(self, name: str, code: int, says: str = "") -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
        path.chmod(0o755)

    def run(self, *checks: str, ci: bool = False) -> Result:
        env = {"PATH": str(self.bin)} | ({"CI": "true"} if ci else {})
        return run(str(self.folder / "tools/dev/lint.sh"), *checks, env=env)


@pytest.fixture
def linted(tmp_path: Path) -> Linted:
    return Linted(tmp_path)


def test_checks_without_complaints_say_so(linted: Linted) -> None:
    linted.tool("ruff", 0, "All checks passed!")
    result = linted.run("ruff", "format")
    assert (result.code, result.text.count("\n")) == (0, 1)
    assert result.text.startswith("lint: no complaints from ")


def test_complaint_has_the_name_of_its_check_and_hides_no_other(linted: Linted) -> None:
    linted.tool("ruff", 1, "a.py is wrong")
    linted.tool("luacheck", 1, "b.lua is wrong")
    result = linted.run("ruff", "luacheck")
    assert result.code == 1
    assert "ruff: a.py is wrong\nluacheck: b.lua is wrong\nlint: failed: ruff luacheck " in result.text


def test_missing_tool_is_skipped_by_name(linted: Linted) -> None:
    linted.tool("ruff", 0)
    result = linted.run("luacheck", "ruff")
    assert result.code == 0
    assert result.text.startswith("lint: skips luacheck, as luacheck is not installed (`make check` installs it)\n")


def test_missing_tool_is_an_error_in_ci(linted: Linted) -> None:
    linted.tool("ruff", 0)
    result = linted.run("luacheck", "ruff", ci=True)
    assert result.code == 1
    assert "luacheck is not installed: run tools/dev/test_tools.sh" in result.text
    assert "lint: failed: luacheck " in result.text


def test_unknown_check_is_rejected(linted: Linted) -> None:
    result = linted.run("pylint")
    assert result.code == 1
    assert "'pylint' is not a check; allowed: mypy shellcheck " in result.text
