"""A real SSH server on a port of its own."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.ports import reserved_port

SETTINGS = """\
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
MaxStartups 100
AcceptEnv GREETING PULUMI_COMMAND_STDOUT
"""
PATIENCE_S = 60


@dataclass(frozen=True)
class Server:
    """Where it listens, and who may log in."""

    port: int
    host_key: str
    private_key: str
    folder: Path  # for files that commands make

    def connection(self, **changes: Any) -> dict[str, Any]:
        """A connection that works, but for the changes."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "privateKey": self.private_key,
            "hostKey": self.host_key,
            "dialErrorLimit": 0,
        } | changes


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server; stopped afterwards."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "sshd is missing: install the package openssh-server"
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd gives up its rights
    for name in ("host_key", "user_key"):
        new_key(folder / name)
    shutil.copy(folder / "user_key.pub", folder / "authorized_keys")
    (folder / "sshd_config").write_text(SETTINGS.format(folder=folder))
    with reserved_port() as port, (folder / "log").open("w") as log:
        command = [program, "-D", "-e", "-f", str(folder / "sshd_config"), "-p", str(port)]
        process = subprocess.Popen(command, stderr=log)
        try:
            _wait(process, port, folder / "log")
            key = (folder / "host_key.pub").read_text()
            yield Server(port, key, (folder / "user_key").read_text(), folder)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def new_key(path: Path, kind: str = "ed25519", *options: str) -> Path:
    """A key pair beside ``path``; returns ``path``."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", path, *options], check=True)
    return path


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + PATIENCE_S
    while True:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < ends, log.read_text()
        time.sleep(0.02)
