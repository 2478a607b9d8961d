"""Marks the tests of this folder: they need a Docker engine, and root for kernels that run as processes."""

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder with `kernel`, `slow` and `engine`; skip them for users who are not root."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for name in ("kernel", "slow", "engine"):
                item.add_marker(name)
            item.add_marker(pytest.mark.skipif(os.geteuid() != 0, reason="only root can add network devices"))
