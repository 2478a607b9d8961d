"""components/service/files/health.sh: often until a container is well, rarely from then on."""

import os
import subprocess
from pathlib import Path

from components import assets


def check(folder: Path, *command: str) -> tuple[int, list[str]]:
    """Exit code of one health check of a container whose memory files are in a folder, and the pauses that it made."""
    pauses = folder / "pauses"
    pauses.write_text("")
    sleep = folder / "sleep"
    sleep.write_text(f'#!/bin/sh\necho "$1" >>{pauses}\n')
    sleep.chmod(0o755)
    script = assets.read("service/files/health.sh").replace("/dev/shm", str(folder))
    done = subprocess.run(
        ["sh", "-c", script, "health", "27", "1", *command],
        check=False,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
    )
    return done.returncode, pauses.read_text().split()


def test_starting_container_is_checked_without_a_pause(tmp_path: Path) -> None:
    assert check(tmp_path, "false") == (1, [])
    assert check(tmp_path, "true") == (0, [])


def test_healthy_container_is_checked_at_the_long_interval(tmp_path: Path) -> None:
    check(tmp_path, "true")
    assert check(tmp_path, "true") == (0, ["27"])
    assert check(tmp_path, "true") == (0, ["27"])


def test_unhealthy_container_is_checked_at_the_short_interval(tmp_path: Path) -> None:
    check(tmp_path, "true")
    assert check(tmp_path, "false") == (1, ["27"])
    assert check(tmp_path, "false") == (1, [])


def test_hanging_check_is_ended_and_counts_as_failed(tmp_path: Path) -> None:
    check(tmp_path, "true")
    code, _ = check(tmp_path, "tail", "-f", "/dev/null")
    assert code != 0
    assert check(tmp_path, "true") == (0, [])
