"""components/machines/scripts/host_key.sh: another host key of a real SSH server."""

import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from components import assets
from tests.interrupted.inside.steps import Run, Script, run
from tests.offline.sshd import Server, running
from tests.support.ssh_keys import key_pair

pytestmark = pytest.mark.thorough
NEW, OTHER = key_pair("new"), key_pair("other")


class Machine:
    """The server, and tools that know where it is."""

    def __init__(self, server: Server, folder: Path):
        self.server = server
        self.key = server.folder / "host_key"
        self.folder = folder
        self.first = self.key.read_text(), " ".join(server.host_key.split()[:2])
        # As from OpenSSH 10 on, which prints comments with the key.
        self.tool("ssh-keyscan", f'echo "# 127.0.0.1 SSH-2.0"; exec /usr/bin/ssh-keyscan -p {server.port} "$@"')
        self.tool("systemctl", f'echo "$*" >>{folder}/told')

    def tool(self, name: str, line: str) -> None:
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def script(self, pair: tuple[str, str]) -> Script:
        """Return the script with its parameters, and with the server's own key in the place of a machine's."""
        text = assets.read("machines/scripts/host_key.sh").replace("/etc/ssh/ssh_host_ed25519_key", str(self.key))
        path = f"{self.folder}/bin:/usr/bin:/bin"
        values = {"MACHINE": "worker-1", "PRIVATE_KEY": pair[0], "PUBLIC_KEY": pair[1], "PATH": path}
        exports = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items())
        return Script(exports, text.replace("patience_s=30", "patience_s=0"))

    def run(self, pair: tuple[str, str]) -> Run:
        return run(self.script(pair))

    def shown(self) -> str:
        """Return the key that the server shows."""
        done = subprocess.run(
            [f"{self.folder}/bin/ssh-keyscan", "-t", "ed25519", "127.0.0.1"], capture_output=True, text=True, check=True
        )
        return " ".join(line.partition(" ")[2] for line in done.stdout.splitlines() if line[0] != "#")

    def told(self) -> str:
        """Return what systemd was told."""
        file = self.folder / "told"
        return file.read_text() if file.exists() else ""

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.server.folder.glob("host_key*")}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    folder = tmp_path / "sshd"
    folder.mkdir()
    with running(folder) as server:
        yield Machine(server, tmp_path)


def test_server_shows_the_new_key_without_a_restart(machine: Machine) -> None:
    assert machine.shown() == machine.first[1]
    with socket.create_connection(("127.0.0.1", machine.server.port)) as held:
        assert held.recv(4) == b"SSH-"
        for _ in range(2):
            done = machine.run(NEW)
            assert (done.code, done.stdout, done.stderr) == (0, "", "")
            assert machine.shown() == NEW[1]
    assert machine.files() == {"host_key": NEW[0], "host_key.pub": f"{NEW[1]}\n"}
    assert (machine.key.stat().st_mode & 0o777, Path(f"{machine.key}.pub").stat().st_mode & 0o777) == (0o600, 0o644)
    assert machine.told() == "", "it reads the key for each connection"


def test_server_that_shows_another_key_is_told_to_read_it_and_named(machine: Machine) -> None:
    """One that reads its key when it starts, or one that has its key elsewhere."""
    machine.tool("ssh-keyscan", f"echo '127.0.0.1 {OTHER[1]}'")
    done = machine.run(NEW)
    file = machine.key
    assert (done.code, done.stderr) == (
        1,
        f"worker-1: its SSH server does not show its new host key, which is in {file}\n",
    )
    assert machine.told() == "reload ssh.service\n"


@pytest.mark.parametrize("pair", [(NEW[0], OTHER[1]), ("no key\n", NEW[1])], ids=["of another pair", "no key"])
def test_key_that_is_none_changes_nothing(machine: Machine, pair: tuple[str, str]) -> None:
    done = machine.run(pair)
    assert done.code == 1
    assert done.stderr.endswith("worker-1: the two halves of its new host key differ\n")
    assert machine.shown() == machine.first[1]
    assert machine.run(NEW).code == 0
    assert machine.files() == {"host_key": NEW[0], "host_key.pub": f"{NEW[1]}\n"}


def test_killed_script_leaves_a_server_that_shows_one_of_both_keys_and_is_completed_by_the_next(
    machine: Machine,
) -> None:
    whole = run(machine.script(NEW), lambda step: True)
    assert whole.code == 0
    wanted = machine.files()
    for step in whole.steps:
        assert machine.run(machine.first).code == 0
        killed = run(machine.script(NEW), lambda seen, wanted=step: seen.place != wanted.place)  # type: ignore[misc]
        assert (killed.code, killed.stopped and killed.stopped.place) == (-9, step.place)
        assert machine.shown() in (machine.first[1], NEW[1]), step
        assert machine.run(NEW).code == 0
        assert machine.files() == wanted, step
        assert machine.shown() == NEW[1]
