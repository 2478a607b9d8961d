"""tests/support/bounds.py: each test has a bound, and a slow one more time; a failed test waits for no program."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.marks import mark_as_kernel
from tests.support.bounds import SLOW_S, pytest_itemcollected
from tests.support.checkout import CHECKOUT


class MarkedItem:
    """A test with markers."""

    def __init__(self, *marks: pytest.MarkDecorator):
        self.marks = [mark.mark for mark in marks]

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next((mark for mark in self.marks if mark.name == name), None)

    def add_marker(self, mark: str | pytest.MarkDecorator) -> None:
        self.marks.append(getattr(pytest.mark, mark).mark if isinstance(mark, str) else mark.mark)

    def bound(self) -> object:
        mark = self.get_closest_marker("timeout")
        return mark.args[0] if mark else None


@pytest.mark.parametrize(
    ("marks", "bound"),
    [
        ([], None),
        ([pytest.mark.engine], None),
        ([pytest.mark.slow], SLOW_S),
        ([pytest.mark.timeout(7)], 7),
        ([pytest.mark.slow, pytest.mark.timeout(7)], 7),
    ],
)
def test_slow_test_without_a_bound_of_its_own_gets_more_time(marks: list[pytest.MarkDecorator], bound: object) -> None:
    item = MarkedItem(*marks)
    pytest_itemcollected(item)  # type: ignore[arg-type]
    assert item.bound() == bound


def test_test_on_guests_gets_more_time() -> None:
    item = MarkedItem()
    mark_as_kernel(item)  # type: ignore[arg-type]
    assert item.bound() == SLOW_S


def test_every_other_test_has_the_bound_of_the_settings(pytestconfig: pytest.Config) -> None:
    assert 60 * 60 <= float(pytestconfig.getini("timeout")) < SLOW_S


HANGS = """
import pytest, subprocess, sys

def test_read_that_never_ends():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
        finally:
            process.kill()

@pytest.mark.timeout(300)
def test_next():
    pass
"""


@pytest.mark.thorough
def test_read_that_never_ends_fails_by_its_name_and_the_next_test_runs(tmp_path: Path) -> None:
    (tmp_path / "test_hangs.py").write_text(HANGS)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--timeout", "1", "-q", "test_hangs.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert "FAILED test_hangs.py::test_read_that_never_ends - Failed: Timeout" in done.stdout, done.stdout
    assert "1 failed, 1 passed" in done.stdout


def waiting(text: str) -> Iterator[int]:
    """Yield the lines of `with Popen(...)` that wait for the program when the body fails: nobody ends it then.

    The end of its input ends a program, and so does whoever holds it, in a `finally`.
    """
    for block in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.With)):
        calls = [item.context_expr for item in block.items if "Popen(" in ast.unparse(item.context_expr)]
        if not calls or any("stdin=subprocess.PIPE" in ast.unparse(call) for call in calls):
            continue
        endings = [ast.unparse(one) for node in ast.walk(block) if isinstance(node, ast.Try) for one in node.finalbody]
        fails = any(isinstance(node, ast.Assert | ast.Yield) for node in ast.walk(block))
        if fails and not any(word in line for line in endings for word in (".kill()", ".terminate()")):
            yield block.lineno


def test_no_failed_test_waits_for_a_program_that_it_has_started() -> None:
    files = [file for file in (CHECKOUT / "tests").rglob("*.py") if file != Path(__file__)]
    found = [f"{file.relative_to(CHECKOUT)}:{line}" for file in files for line in waiting(file.read_text())]
    assert found == [], "end the program in a `finally`"


BODY = """
def program():
    with subprocess.Popen(["sleep", "600"]{options}) as process:
        {body}
"""


@pytest.mark.parametrize(
    ("options", "body", "lines"),
    [
        ("", "yield; process.kill()", [3]),
        ("", "assert process.pid", [3]),
        ("", "process.kill()", []),
        (", stdin=subprocess.PIPE", "yield", []),
    ],
)
def test_program_that_a_failed_test_waits_for_is_found(options: str, body: str, lines: list[int]) -> None:
    assert list(waiting(BODY.format(options=options, body=body))) == lines
