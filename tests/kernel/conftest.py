"""Marks the tests of this folder: they need a Docker engine, and root for kernels that run as processes.

Several files share one target, whose guests take minutes to set up.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.existing_hosts import ExistingHosts
from tests.kernel import target
from tests.kernel.marks import mark_as_kernel
from tests.records import Ran

Seen = Callable[[str, str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            mark_as_kernel(item)


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExistingHosts]:
    """Yield three guests of a target that is up; the tests of several files share it and restore it."""
    with target.running_target(Path(tmp_path_factory.mktemp("kernel"))) as hosts:
        yield hosts


@pytest.fixture
def seen(hosts: ExistingHosts, ran: Ran) -> Seen:
    """A function that records that a default has run on these machines, in the version that answered."""
    on = hosts.stack.on
    engine = on(target.SERVER, "docker", "version", "--format={{.Server.Version}}").text.strip()
    return partial(ran, engine=engine, kernel=f"{on(target.SERVER, 'uname', '-r').text.strip()} in user mode")
