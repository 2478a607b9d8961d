"""Slices of the slow suites for CI: `pytest -m slow --slice 2/3 --seed <text>` runs the second of three."""

import random
import re
from collections.abc import Sequence

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of slices, and of the suites that are as long as an option says."""
    parser.addoption("--slice", default="1/1", help="<number>/<count>: slice of the files to run")
    parser.addoption("--seed", default="", help="text that decides which file is in which slice")
    parser.addoption(
        "--kills",
        type=int,
        default=6,
        help="number of kills of `make up`, and of each script; 1000 kill it at every step",
    )
    parser.addoption("--record", action="store_true", help="write into docs/tested.json which defaults have run")
    parser.addoption("--steps", type=int, default=40, help="number of steps of each walk")


def select_slice(files: Sequence[str], part: str, seed: str) -> set[str]:
    """Return the files of one slice; together, the slices of one seed have each file once.

    Errors: `pytest.UsageError` if `part` is no slice.
    """
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", part)
    if not found or int(found[1]) > int(found[2]):
        raise pytest.UsageError(f"--slice: {part!r} given; allowed: <number>/<count>, such as 1/3")
    shuffled = sorted(files)
    random.Random(seed).shuffle(shuffled)
    return set(shuffled[int(found[1]) - 1 :: int(found[2])])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of other slices."""
    if config.getoption("slice") == "1/1":
        return
    files = {item: item.path.relative_to(config.rootpath).as_posix() for item in items}
    kept = select_slice(sorted(set(files.values())), config.getoption("slice"), config.getoption("seed"))
    config.hook.pytest_deselected(items=[item for item in items if files[item] not in kept])
    items[:] = [item for item in items if files[item] in kept]
