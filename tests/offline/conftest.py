"""The stand-in plugins, running, and a machine for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.offline import plugin, sshd


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder: they are about the stand-ins, which no developer of the program has to run."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.thorough)


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Server]:
    """A server that one key may log in to."""
    with sshd.running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="session")
def command_process() -> Iterator[plugin.Plugin]:
    with plugin.running(plugin.standin("command")) as found:
        yield found.of("command:remote:Command")


@pytest.fixture
def command(command_process: plugin.Plugin) -> plugin.Plugin:
    """``command:remote:Command`` with an empty log."""
    command_process.log.entries.clear()
    return command_process


@pytest.fixture(scope="session")
def tls() -> Iterator[plugin.Plugin]:
    with plugin.running(plugin.standin("tls")) as found:
        yield found


@pytest.fixture(scope="session")
def private_key(tls: plugin.Plugin) -> plugin.Plugin:
    return tls.of("tls:index/privateKey:PrivateKey")
