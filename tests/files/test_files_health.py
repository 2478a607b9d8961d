"""components/service/files/health.sh: waits for a container that starts, and checks rarely from then on."""

import os
import subprocess
from pathlib import Path

import pytest

from components import assets


class Container:
    """Its memory files, and a kernel that counts seconds only while a check sleeps."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.pauses = folder / "pauses"
        self.clock = folder / "clock"
        self.clock.write_text("1000\n")
        self._tool(
            "date", f"echo x >>{self.folder}/asked; echo $(($(wc -l <{self.folder}/asked) * 3600))"
        )  # somebody sets it
        self._tool("sleep", f'echo "$1" >>{self.pauses}; echo $(($(cat {self.clock}) + $1)) >{self.clock}')
        self._tool("well-at", f'[ "$(cat {self.clock})" -ge "$1" ]')

    def _tool(self, name: str, line: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def check(self, *command: str) -> tuple[int, list[str]]:
        """Exit code of one health check, and the pauses that it made."""
        self.pauses.write_text("")
        script = assets.read("service/files/health.sh").replace("/dev/shm", str(self.folder))
        script = script.replace("/proc/uptime", str(self.clock))
        done = subprocess.run(
            ["sh", "-c", script, "health", "4", "27", "1", *command],
            check=False,
            env=os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}"},
        )
        return done.returncode, self.pauses.read_text().split()


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path)


def test_healthy_container_is_checked_without_a_pause_at_first(container: Container) -> None:
    assert container.check("true") == (0, [])


def test_first_check_waits_until_the_container_is_healthy(container: Container) -> None:
    assert container.check("well-at", "1003") == (0, ["1", "1", "1"])


def test_first_check_fails_after_the_start_period_and_later_ones_at_once(container: Container) -> None:
    assert container.check("false") == (1, ["1"] * 4)
    assert container.check("false") == (1, [])
    assert container.check("true") == (0, [])


def test_healthy_container_is_checked_at_the_long_interval(container: Container) -> None:
    container.check("true")
    assert container.check("true") == (0, ["27"])
    assert container.check("true") == (0, ["27"])


def test_unhealthy_container_is_checked_at_the_short_interval(container: Container) -> None:
    container.check("true")
    assert container.check("false") == (1, ["27"])
    assert container.check("false") == (1, [])


def test_hanging_check_is_ended_and_counts_as_failed(container: Container) -> None:
    container.check("true")
    code, _ = container.check("tail", "-f", "/dev/null")
    assert code != 0
    assert container.check("true") == (0, [])
