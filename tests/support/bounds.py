"""Bounds of whole tests: what waits for ever fails by its name, and CI goes on with the others."""

import pytest

SLOW_S = 6 * 3600  # of walks with many steps, and on guests; `timeout` in pyproject.toml is that of all others


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a slow test more time, unless it has a bound of its own."""
    if item.get_closest_marker("slow"):
        give_time(item)


def give_time(item: pytest.Item) -> None:
    """Give a test the time of slow ones, unless it has a bound of its own."""
    if not item.get_closest_marker("timeout"):
        item.add_marker(pytest.mark.timeout(SLOW_S))
