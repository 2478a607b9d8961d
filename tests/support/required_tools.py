"""Markers for tests that need more than Python packages: `tools("nft", ...)` and `engine`.

A test with such a marker skips where a tool or the Docker engine is missing. It fails there if the environment says
`CI=true` or `NUVLA_SWARM_REQUIRE_TOOLS=true`.
"""

import os
import shutil
import subprocess
from functools import cache

import pytest

SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # on the PATH of root alone


def find_tool(command: str) -> str | None:
    """Return the path of a command, also from the folders of the system's administrator."""
    return shutil.which(command, path=f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_FOLDERS}")


@cache
def engine_answers() -> bool:
    """Return whether a Docker engine answers."""
    docker = find_tool("docker")
    if docker is None:
        return False
    try:
        return subprocess.run([docker, "version"], capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def tools_are_required() -> bool:
    """Return whether a missing tool is a failure."""
    return "true" in (os.environ.get("CI"), os.environ.get("NUVLA_SWARM_REQUIRE_TOOLS"))


def missing_requirements(item: pytest.Item) -> list[str]:
    """Return a line for each tool that a test is marked with and that is missing."""
    commands = [command for marker in item.iter_markers("tools") for command in marker.args]
    lines = [f"{command} is not installed: run `make check` once" for command in commands if not find_tool(command)]
    if item.get_closest_marker("engine") and not engine_answers():
        lines.append("no Docker engine answers: run `tools/setup.sh engine`")
    return lines


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that lacks a requirement, or fail it where tools are required."""
    if lines := missing_requirements(item):
        (pytest.fail if tools_are_required() else pytest.skip)("; ".join(lines))
