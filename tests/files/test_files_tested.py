"""docs/tested.md and tests/records.py: what has run is told by runs alone."""

from pathlib import Path
from typing import Any

import pytest

from docs import tested
from docs.tested import Record, defaults, merged, missing, page, read
from tests import records
from tests.support.rows import rows

SEEN = Record("nfs.server", "kernel", "28.5.2", "6.1.192", "tests/kernel/test_kernel_target.py", "2026-11-30", 12.3)


def test_page_is_that_of_the_records() -> None:
    assert tested.PAGE.read_text(encoding="utf-8") == page(read()), "run `python -m docs.tested`"


def test_records_are_of_defaults_and_of_suites_that_are_there() -> None:
    for record in read():
        assert tested.is_default(record.default), record
        assert (tested.FOLDER.parent / record.suite).is_file(), record


def test_row_names_what_ran_where_and_when() -> None:
    row = "| nfs.server kernel | kernel | 28.5.2 | 6.1.192 | [kernel_target](../tests/kernel/test_kernel_target.py) |"
    assert f"{row} 2026-11-30 | 12 |\n" in page([SEEN])


def test_default_without_a_record_is_told_with_its_reason() -> None:
    assert "| nfs.server | **not yet** |" in page([])
    assert "not yet" not in page([Record(name, "", "", "", "a", "b", 0) for name in defaults()])
    assert "images.grafana" not in missing([])


def test_later_record_replaces_an_earlier_one_of_the_same_place() -> None:
    later = Record(**{**vars(SEEN), "day": "2026-12-01"})
    other = Record(**{**vars(SEEN), "engine": "20.10.24"})
    assert merged([SEEN, other], [later]) == [other, later]


def report(when: Any, outcome: Any, **ran: str) -> pytest.TestReport:
    properties = [("ran", {"default": "nfs.server", "version": "kernel", "engine": "", "kernel": "6.1"} | ran)]
    return pytest.TestReport(
        nodeid="tests/a.py::test",
        location=("", 0, ""),
        keywords={},
        outcome=outcome,
        longrepr=None,
        when=when,
        user_properties=properties,
        duration=1.26,
    )


@rows(
    "when, outcome, count",
    [("call", "passed", 1), ("call", "failed", 0), ("setup", "passed", 0), ("call", "skipped", 0)],
)
def test_only_tests_that_passed_are_recorded(when: str, outcome: str, count: int, tmp_path: Path) -> None:
    file = tmp_path / f"{when}-{outcome}.json"
    recorder = records.Recorder(file)
    recorder.pytest_runtest_logreport(report(when, outcome))
    recorder.pytest_sessionfinish()
    found = read(file)
    assert len(found) == count
    assert [(record.suite, record.seconds) for record in found] == [("tests/a.py", 1.3)] * count


def test_unknown_default_is_no_record(ran: records.Ran, request: pytest.FixtureRequest) -> None:
    with pytest.raises(AssertionError, match="add 'other' to the defaults"):
        ran("other", "1")
    ran("nfs.server", "kernel", engine="28.5.2")
    [(name, found)] = request.node.user_properties
    assert (name, found["version"], found["engine"]) == ("ran", "kernel", "28.5.2")
    assert found["kernel"].endswith(" of the computer")
    request.node.user_properties.clear()  # this test has run no server
