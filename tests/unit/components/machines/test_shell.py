"""components/machines/shell.py: scripts on a machine, over a real SSH server."""

import asyncio
import getpass
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.machines.shell import Done, LostError, UnreachableError, run_script
from tests.offline.sshd import Server, new_key, running
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi

pytestmark = pytest.mark.thorough
SCRIPT = 'echo "$1"; echo told >&2; exit 3\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(Path(tmp_path_factory.mktemp("sshd"))) as server:
        yield server


def run(server: Server, host_keys: Sequence[str] = (), script: str = SCRIPT, **changes: str) -> Done:
    known = {"host_key": server.host_key, "private_key": server.private_key} | changes

    async def asked() -> Done:
        secrets: dict[str, Any] = {key: pulumi.Output.secret(value) for key, value in known.items()}
        one = machine(
            public_address="127.0.0.1", port=server.port, user=getpass.getuser(), host_keys=host_keys, **secrets
        )
        return await run_script(one, script, "word")

    return asyncio.run(asked())


def test_script_runs_with_its_argument_and_tells_how_it_ended(server: Server, fake_pulumi: FakePulumi) -> None:
    assert run(server) == Done(3, "word\n", "told\n")


def test_one_of_several_host_keys_is_enough(server: Server, fake_pulumi: FakePulumi, tmp_path: Path) -> None:
    other = new_key(tmp_path / "key").with_suffix(".pub").read_text()
    assert run(server, host_keys=[other, server.host_key], host_key=other).code == 3
    with pytest.raises(UnreachableError, match="does not let the program in: "):
        run(server, host_keys=[other])


@pytest.mark.parametrize("wrong", ["host_key", "private_key"])
def test_another_host_or_a_wrong_key_lets_nothing_run(
    server: Server, fake_pulumi: FakePulumi, tmp_path: Path, wrong: str
) -> None:
    new_key(tmp_path / "key")
    other = (tmp_path / ("key.pub" if wrong == "host_key" else "key")).read_text()
    with pytest.raises(UnreachableError, match=f"^worker-1: 127.0.0.1:{server.port} does not let the program in: "):
        run(server, **{wrong: other})


def test_key_that_cannot_be_read_is_told(server: Server, fake_pulumi: FakePulumi) -> None:
    with pytest.raises(UnreachableError, match=r"^worker-1: .* does not let the program in: Invalid private key"):
        run(server, private_key="no key")


def test_connection_that_ends_before_the_script_is_told_from_no_answer(server: Server, fake_pulumi: FakePulumi) -> None:
    with pytest.raises(LostError, match=f"^worker-1: 127.0.0.1:{server.port}: the connection was lost"):
        run(server, script="kill -KILL $PPID\n")
