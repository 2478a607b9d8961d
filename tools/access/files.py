"""Files in .state/files/<stack>: a command `docker`, settings of SSH, keys and certificates."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.machines.host_key import PROOF_SUFFIX
from tools.repair.state import State, without_secret_marks

WRAPPER = Path(__file__).parent / "docker.sh"
FOLDER = Path(".state/files")
FIRST_COMMANDS = (PROOF_SUFFIX, "-engine-configure", "-ready")  # on a machine: ends of their names


@dataclass(frozen=True, kw_only=True)
class SshHost:
    """A machine as SSH reaches it."""

    name: str
    address: str
    port: int
    user: str
    host_key: str | None  # "<type> <base64>", where the program knows it


def hosts(state: State, names: list[str]) -> Iterator[SshHost]:
    """Yield the machines, with the connections of their commands in the state."""
    for name in names:
        for command in state.of("command:remote:Command"):
            # In the order of the state: a machine shows a new host key before any other command runs there.
            if command["urn"].rpartition("::")[2].removeprefix(name) in FIRST_COMMANDS:
                connection: Mapping[str, Any] = without_secret_marks(command.get("inputs", {})).get("connection") or {}
                if connection.get("host"):
                    yield SshHost(
                        name=name,
                        address=str(connection["host"]),
                        port=int(connection.get("port") or 22),
                        user=str(connection.get("user") or "root"),
                        host_key=connection.get("hostKey") or None,
                    )
                    break


def write(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    """Write a file that only its owner may read, with a newline at its end; return its path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, new = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text if text.endswith("\n") else f"{text}\n")
    Path(new).chmod(mode)
    return Path(new).replace(folder / name)


def write_docker(folder: Path, endpoint: str, certificates: Mapping[str, str]) -> Path:
    """Write the certificates of an operator, and a command `docker` that works on the swarm; return its path."""
    for name in ("ca", "cert", "key"):
        write(folder, f"{name}.pem", certificates[name])
    write(folder, "endpoint", f"tcp://{endpoint.rpartition('://')[2]}")
    shutil.copy(WRAPPER, folder / "docker.new")
    (folder / "docker.new").chmod(0o700)
    return (folder / "docker.new").replace(folder / "docker")


def write_ssh(folder: Path, private_key: str, machines: list[SshHost]) -> Path:
    """Write the key, the host keys and the settings of SSH, with a name for each machine; return their path."""
    key = write(folder, "ssh_key", private_key)
    known = [f"[{host.address}]:{host.port} {host.host_key}" for host in machines if host.host_key]
    known += [f"{host.address} {host.host_key}" for host in machines if host.host_key and host.port == 22]
    known_hosts = write(folder, "known_hosts", "\n".join(known))
    lines = []
    for host in machines:
        lines += [
            f"Host {host.name}",
            f"  HostName {host.address}",
            f"  Port {host.port}",
            f"  User {host.user}",
            f"  StrictHostKeyChecking {'yes' if host.host_key else 'ask'}",
        ]
    lines += [
        "Host *",
        f'  IdentityFile "{key.resolve()}"',
        "  IdentitiesOnly yes",
        f'  UserKnownHostsFile "{known_hosts.resolve()}"',
    ]
    return write(folder, "ssh_config", "\n".join(lines))
