"""One test over many rows of data: a failure names every row that is wrong."""

import inspect
import traceback
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

Test = Callable[..., None]
Row = tuple[str, dict[str, Any]]  # a title, and arguments of the test


def rows(
    names: str, values: Iterable[Any], ids: Callable[[Any], str] | Iterable[str] | None = None
) -> Callable[[Test], Test]:
    """Run a test once for each row, as one item.

    The arguments are those of `pytest.mark.parametrize`; several decorators combine their rows. Use that mark where a
    row takes a second or more, so that several workers share the rows, and where a row needs fixtures of its own: the
    rows of a test share its fixtures.
    """
    arguments = [name.strip() for name in names.split(",")]
    given = list(values)
    titles = [_title(row) for row in given] if ids is None else [*map(ids, given)] if callable(ids) else [*ids]
    own: list[Row] = [
        (title, dict(zip(arguments, [row] if len(arguments) == 1 else row, strict=True)))
        for title, row in zip(titles, given, strict=True)
    ]
    assert own, f"no rows of {names}"

    def decorate(test: Test) -> Test:
        inner, others = getattr(test, "of_rows", (test, [("", {})]))
        table: list[Row] = [
            (", ".join(filter(None, (title, other))), row | more) for title, row in own for other, more in others
        ]

        @wraps(inner)
        def every_row(**fixtures: Any) -> None:
            wrong = []
            for title, row in table:
                try:
                    inner(**fixtures, **row)
                except (Exception, pytest.fail.Exception) as error:
                    wrong.append(f"\n{title}: {_reason(error)}")
            if wrong:
                pytest.fail(f"{len(wrong)} of {len(table)} rows are wrong:{''.join(wrong)}", pytrace=False)

        signature = inspect.signature(inner)
        fixtures = [one for name, one in signature.parameters.items() if name not in table[0][1]]
        vars(every_row).update(of_rows=(inner, table), __signature__=signature.replace(parameters=fixtures))
        return every_row

    return decorate


def new_folder(parent: Path) -> Path:
    """Make a folder for one row."""
    return Path(mkdtemp(dir=parent))


def _title(row: Any) -> str:
    return row if isinstance(row, str) else repr(row)


def _reason(error: BaseException) -> str:
    """Return the file and line of the test that fails, and why."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).name.startswith("test_")]
    kind = "" if isinstance(error, AssertionError | pytest.fail.Exception) else f"{type(error).__name__}: "
    where = f"{Path(frames[0].filename).name}:{frames[0].lineno}" if frames else "?"
    return f"{where}: {kind}{error}"
