"""tests/support/rows.py: one item for all rows, and a failure that names each wrong one."""

import pytest

from tests.support.rows import rows

TRIED: list[tuple[str, int]] = []


@rows("word, number", [("one", 1), ("two", 2)], ids=["first", "second"])
@rows("even", [False, True])
def check(request: pytest.FixtureRequest, word: str, number: int, even: bool) -> None:
    TRIED.append((word, number))
    assert (number % 2 == 0) == even
    if word == "two":
        raise KeyError(word)


def test_rows_failure_names_each_wrong_row_with_its_line_and_reason(request: pytest.FixtureRequest) -> None:
    TRIED.clear()
    with pytest.raises(pytest.fail.Exception) as failed:
        check(request=request)
    assert TRIED == [("one", 1), ("one", 1), ("two", 2), ("two", 2)]
    first, *wrong = [line for line in str(failed.value).splitlines() if line and not line.startswith(" ")]
    assert first == "3 of 4 rows are wrong:"
    assert [line.partition(": test_rows.py:")[0] for line in wrong] == ["first, True", "second, False", "second, True"]
    assert wrong[2].endswith("KeyError: 'two'")


@rows("number", [1, 2])
def test_rows_pass_fixtures_to_every_row(tmp_path_factory: pytest.TempPathFactory, number: int) -> None:
    assert tmp_path_factory.getbasetemp().exists()
    assert number
