"""Fixtures of all folders. The engine's stand-in is in tests/mocked.py, configurations are in tests/stack_config.py."""

import gc

import pytest

from tests import mocked
from tests.e2e.scheduling import pytest_xdist_make_scheduler  # noqa: F401 - a hook of pytest
from tests.slices import pytest_addoption, pytest_collection_modifyitems  # noqa: F401 - hooks of pytest


def pytest_collection_finish() -> None:
    """What is imported stays: looking for garbage in it again and again takes a third of the time."""
    gc.freeze()


@pytest.fixture
def engine() -> mocked.Engine:
    """An engine in update mode: every output is known."""
    return mocked.start()


@pytest.fixture
def first_preview() -> mocked.Engine:
    """An engine in the preview of an empty stack: nothing computed is known."""
    return mocked.start(preview=True)
