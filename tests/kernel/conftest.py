"""Marks the tests of this folder: they need a Docker engine, and root for kernels that run as processes."""

from pathlib import Path

import pytest

from tests.kernel.marks import mark_as_kernel


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            mark_as_kernel(item)
