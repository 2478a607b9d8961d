"""tests/support/required_tools.py: tests without a required tool or engine skip or fail."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support import required_tools
from tests.support.checkout import CHECKOUT
from tests.support.required_tools import find_tool, missing_requirements, pytest_runtest_setup, required_tool


class MarkedItem:
    """A test with markers."""

    def __init__(self, *marks: pytest.Mark):
        self.marks = marks

    def iter_markers(self, name: str) -> Iterator[pytest.Mark]:
        return (mark for mark in self.marks if mark.name == name)

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next(self.iter_markers(name), None)


def item(*decorators: pytest.MarkDecorator) -> Any:
    return cast(pytest.Item, MarkedItem(*(decorator.mark for decorator in decorators)))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which nothing says that tools are required."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NUVLA_SWARM_REQUIRE_TOOLS", raising=False)
    return monkeypatch


NO_TOOL = pytest.mark.tools("bash", "no-such-tool")


def test_missing_tool_skips_with_a_reason(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"^no-such-tool is not installed: run `make check` once$"):
        pytest_runtest_setup(item(NO_TOOL))


def test_missing_tool_fails_where_tools_are_required(environment: pytest.MonkeyPatch) -> None:
    for variable in ("CI", "NUVLA_SWARM_REQUIRE_TOOLS"):
        environment.setenv(variable, "true")
        with pytest.raises(pytest.fail.Exception, match="no-such-tool is not installed"):
            pytest_runtest_setup(item(NO_TOOL))
        environment.setenv(variable, "false")
        with pytest.raises(pytest.skip.Exception):
            pytest_runtest_setup(item(NO_TOOL))


def test_engine_that_does_not_answer_is_missing(environment: pytest.MonkeyPatch) -> None:
    environment.setattr(required_tools, "engine_answers", lambda: False)
    assert missing_requirements(item(pytest.mark.engine)) == ["no Docker engine answers: run `tools/setup.sh engine`"]
    environment.setattr(required_tools, "engine_answers", lambda: True)
    assert missing_requirements(item(pytest.mark.engine)) == []


def test_present_tools_and_unmarked_tests_lack_nothing(environment: pytest.MonkeyPatch) -> None:
    assert missing_requirements(item(pytest.mark.tools("bash"), pytest.mark.slow)) == []
    assert pytest_runtest_setup(item()) is None
    assert find_tool("bash")
    assert find_tool("no-such-tool") is None


def test_tool_that_a_test_is_not_marked_with_is_refused_where_it_is_installed_too(
    environment: pytest.MonkeyPatch,
) -> None:
    for marked in (pytest.mark.slow, pytest.mark.tools("bash")):
        pytest_runtest_setup(item(marked))
        with pytest.raises(AssertionError, match=r'^mark the test with @pytest.mark.tools\("git"\)'):
            required_tool("git")
    pytest_runtest_setup(item(pytest.mark.tools("git")))
    assert required_tool("git") == find_tool("git")


USES = """
import pytest

@pytest.mark.engine
def test_of_the_engine():
    pass
"""
HOOKS = """
from tests.support import required_tools
from tests.support.checkout import CHECKOUT
from tests.support.required_tools import pytest_runtest_setup

required_tools.engine_answers = lambda: True

def pytest_runtest_teardown():
    assert not is_free()

def pytest_unconfigure():
    print("free" if is_free() else "still kept")

def is_free():
    import fcntl, os
    from tools.stack import engine_use
    try:
        fcntl.flock(engine_use.lock(os.environ).open("a"), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
"""


@pytest.mark.thorough
def test_engine_is_kept_from_the_first_test_that_needs_it_to_the_end_of_the_process(tmp_path: Path) -> None:
    """Else `make down` of another worker's test stops it where no container is left."""
    (tmp_path / "test_it.py").write_text(USES)
    (tmp_path / "conftest.py").write_text(HOOKS)
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "test_it.py"]
    env = os.environ | {"PYTHONPATH": str(CHECKOUT), "NUVLA_SWARM_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "still kept"), done.stdout
    with (tmp_path / "cache/locks/engine-use").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
