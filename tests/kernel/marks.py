"""The marks of tests with machines that have a kernel of their own."""

import os

import pytest

from tests.support.bounds import give_time


def mark_as_kernel(item: pytest.Item) -> None:
    """Mark a test with `kernel`, `slow` and `engine`; skip it for users who are not root."""
    for name in ("kernel", "slow", "engine"):
        item.add_marker(name)
    give_time(item)
    item.add_marker(pytest.mark.skipif(os.geteuid() != 0, reason="only root can add network devices"))
