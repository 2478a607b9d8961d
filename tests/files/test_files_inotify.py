"""offline/engine.sh: machines have enough inotify instances, and the computer has its own limit afterwards."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import CHECKOUT

SCRIPT = (CHECKOUT / "offline" / "engine.sh").read_text()
FUNCTIONS = "\n".join(re.findall(r"^\w+_inotify_limit\(\) \{.*?^\}", SCRIPT, re.MULTILINE | re.DOTALL))
[INSTANCES] = re.findall(r"^INOTIFY_INSTANCES=(\d+)", SCRIPT, re.MULTILINE)
START, STOP = "raise_inotify_limit", "restore_inotify_limit; rm -rf run; mkdir run"


@pytest.fixture
def computer(tmp_path: Path) -> Path:
    """The folder with the kernel's limit, and with the engine's notes."""
    (tmp_path / "run").mkdir()
    (tmp_path / "limit").write_text("128\n")
    return tmp_path


def after(computer: Path, *commands: str) -> str:
    """Return the limit after each of the commands."""
    for command in commands:
        text = f"set -euo pipefail; RUN=run INOTIFY_LIMIT=limit INOTIFY_INSTANCES={INSTANCES}\n{FUNCTIONS}\n{command}"
        subprocess.run(["bash", "-c", text], cwd=computer, check=True)
    return (computer / "limit").read_text().strip()


def test_limit_is_raised_by_start_and_restored_by_stop(computer: Path) -> None:
    assert after(computer, START) == INSTANCES
    assert after(computer, STOP) == "128"


def test_start_after_a_killed_engine_still_knows_the_limit_of_before(computer: Path) -> None:
    assert after(computer, START, START, STOP) == "128"


@pytest.mark.parametrize("limit", [INSTANCES, "8192"])
def test_limit_that_is_high_enough_is_left_alone(computer: Path, limit: str) -> None:
    (computer / "limit").write_text(f"{limit}\n")
    assert after(computer, START) == limit
    assert after(computer, STOP) == limit


def test_limit_that_somebody_has_changed_meanwhile_stays(computer: Path) -> None:
    assert after(computer, START, "echo 512 >limit", STOP) == "512"


def test_computer_whose_kernel_cannot_be_changed_starts_its_engine(computer: Path) -> None:
    (computer / "limit").unlink()
    (computer / "limit").mkdir()
    for command in (START, STOP):
        text = f"set -euo pipefail; RUN=run INOTIFY_LIMIT=limit INOTIFY_INSTANCES={INSTANCES}\n{FUNCTIONS}\n{command}"
        assert subprocess.run(["bash", "-c", text], cwd=computer, check=False).returncode == 0
