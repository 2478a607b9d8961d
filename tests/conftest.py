"""Fixtures of all folders; tests/support has the fake Pulumi and the configurations."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.machines.local import computer
from tests.e2e.scheduling import pytest_xdist_make_scheduler  # noqa: F401 - a hook of pytest
from tests.records import pytest_configure, pytest_terminal_summary, ran  # noqa: F401 - hooks of pytest, a fixture
from tests.slices import pytest_addoption, pytest_collection_modifyitems  # noqa: F401 - hooks of pytest
from tests.support import pulumi_run
from tests.support.bounds import pytest_itemcollected  # noqa: F401 - a hook of pytest
from tests.support.fake_pulumi import FakePulumi
from tests.support.interrupts import hear_interrupts
from tests.support.required_tools import pytest_runtest_setup  # noqa: F401 - a hook of pytest

os.environ["NUVLA_SWARM_ADDRESS_URL"] = ""  # no test asks a service of the internet for an address
hear_interrupts()


def pytest_collection_finish() -> None:
    """Exclude imported modules from garbage collection: scanning them again and again takes a third of the time."""
    gc.freeze()


@pytest.fixture
def fake_pulumi() -> FakePulumi:
    """A fake Pulumi in update mode: every output is known."""
    return pulumi_run.start()


@pytest.fixture
def first_preview() -> FakePulumi:
    """A fake Pulumi in the preview of an empty stack: computed outputs are unknown."""
    return pulumi_run.start(preview=True)


@pytest.fixture(autouse=True, scope="session")
def enough_inotify_instances() -> Iterator[None]:
    """Have settings of many local machines judged alike on all computers; tests of the limit have one of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computer, "INOTIFY_LIMIT", Path("/nowhere"))
        yield
