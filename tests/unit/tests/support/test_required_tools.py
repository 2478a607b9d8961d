"""tests/support/required_tools.py: tests without a required tool or engine skip or fail."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests.support import required_tools
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
