"""Markers for tests that need more than Python packages: `tools("nft", ...)` and `engine`.

A test with such a marker skips where a tool or the Docker engine is missing. It fails there if the environment says
`CI=true` or `NUVLA_SWARM_REQUIRE_TOOLS=true`.
"""

import atexit
import os
import shutil
import subprocess
from contextlib import ExitStack
from functools import cache

import pytest

from tools.stack import engine_use

SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # on the PATH of root alone
ENGINE_TIMEOUT_S = 120  # one that is asked in vain by one test fails all of them
EVERYWHERE = {"bash", "sh", "unshare", "yamllint"}  # of any Debian, or of requirements-dev.txt

_of_this_test: set[str] = set()
_until_the_end = ExitStack()
atexit.register(_until_the_end.close)


def find_tool(command: str) -> str | None:
    """Return the path of a command, also from the folders of the system's administrator."""
    return shutil.which(command, path=f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_FOLDERS}")


def required_tool(command: str) -> str:
    """Return the path of a tool, which the test that runs has to be marked with: else a machine without it fails."""
    assert command in EVERYWHERE | _of_this_test, f'mark the test with @pytest.mark.tools("{command}")'
    path = find_tool(command)
    assert path, f"{command} is not installed: run `make check` once"
    return path


@cache
def engine_answers() -> bool:
    """Return whether a Docker engine answers."""
    docker = find_tool("docker")
    if docker is None:
        return False
    try:
        return (
            subprocess.run([docker, "version"], capture_output=True, timeout=ENGINE_TIMEOUT_S, check=False).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False


def tools_are_required() -> bool:
    """Return whether a missing tool is a failure."""
    return "true" in (os.environ.get("CI"), os.environ.get("NUVLA_SWARM_REQUIRE_TOOLS"))


def marked_tools(item: pytest.Item) -> list[str]:
    """Return the tools that a test is marked with."""
    return [command for marker in item.iter_markers("tools") for command in marker.args]


def missing_requirements(item: pytest.Item) -> list[str]:
    """Return a line for each tool that a test is marked with and that is missing."""
    missing = [command for command in marked_tools(item) if not find_tool(command)]
    lines = [f"{command} is not installed: run `make check` once" for command in missing]
    if item.get_closest_marker("engine") and not engine_answers():
        lines.append("no Docker engine answers: run `tools/setup.sh engine`")
    return lines


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that lacks a requirement, or fail it where tools are required."""
    _of_this_test.clear()
    _of_this_test.update(marked_tools(item))
    if lines := missing_requirements(item):
        (pytest.fail if tools_are_required() else pytest.skip)("; ".join(lines))
    if item.get_closest_marker("engine"):
        keep_engine()


@cache
def keep_engine() -> None:
    """Let nobody stop the engine until this process ends: tests of the other worker do `make down`.

    That stops an engine which has no container, as while a test builds an image, or is between two stacks.
    """
    _until_the_end.enter_context(engine_use.used(is_local=True))
