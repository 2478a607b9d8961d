"""Slow suites, which CI runs in slices: `pytest -m slow --slice 2/3 --seed <text>` runs the second of three."""

import random
import re
from collections.abc import Sequence

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """A hook of pytest."""
    parser.addoption("--slice", default="1/1", help="<number>/<count>: which part of the files to run")
    parser.addoption("--seed", default="", help="what the files are shuffled by before they are dealt out")
    parser.addoption("--kills", type=int, default=6, help="how often each script is killed; 1000 is at every step")
    parser.addoption("--steps", type=int, default=40, help="how many steps each walk has")


def chosen(files: Sequence[str], part: str, seed: str) -> set[str]:
    """The files of one slice: together, the slices of one seed have each file once.

    Errors: `pytest.UsageError` for what is no slice.
    """
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", part)
    if not found or int(found[1]) > int(found[2]):
        raise pytest.UsageError(f"--slice: {part!r} given; allowed: <number>/<count>, such as 1/3")
    shuffled = sorted(files)
    random.Random(seed).shuffle(shuffled)
    return set(shuffled[int(found[1]) - 1 :: int(found[2])])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the tests of the other slices out."""
    if config.getoption("slice") == "1/1":
        return
    kept = chosen(sorted({item.path.name for item in items}), config.getoption("slice"), config.getoption("seed"))
    config.hook.pytest_deselected(items=[item for item in items if item.path.name not in kept])
    items[:] = [item for item in items if item.path.name in kept]
