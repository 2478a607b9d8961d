"""tools/access/files.py: files that lead an operator to the machines and the swarm."""

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

from tests.support.stack_states import ROOT, secret, state
from tools.access.files import SshHost, hosts, write, write_docker, write_ssh

PEM = {"ca": "CA", "cert": "CERT\n", "key": "KEY"}


def command(name: str, **connection: Any) -> dict[str, Any]:
    kind = "command:remote:Command"
    return {"urn": f"{ROOT}{kind}::{name}", "type": kind, "inputs": {"connection": secret(connection)}}


def test_machines_have_the_port_user_and_host_key_of_their_commands() -> None:
    known = state(
        command("manager-1-engine-configure", host="192.0.2.1", user="ops", port=2222, hostKey="ssh-ed25519 AAAA"),
        command("worker-1-ready", host="192.0.2.2"),
        command("worker-1-engine-configure", host="192.0.2.2", user="other"),
        command("worker-2-membership-join", host="192.0.2.3"),
    )
    assert list(hosts(known, ["manager-1", "worker-1", "worker-2"])) == [
        SshHost(name="manager-1", address="192.0.2.1", port=2222, user="ops", host_key="ssh-ed25519 AAAA"),
        SshHost(name="worker-1", address="192.0.2.2", port=22, user="root", host_key=None),
    ]


def test_machine_is_known_by_the_host_key_that_it_has_shown_last() -> None:
    """After an update that was killed, its other commands may expect the former one."""
    known = state(
        command("manager-1-host-key-proof", host="192.0.2.1", hostKey="ssh-ed25519 NEW"),
        command("manager-1-ready", host="192.0.2.1", hostKey="ssh-ed25519 OLD"),
    )
    [host] = hosts(known, ["manager-1"])
    assert host.host_key == "ssh-ed25519 NEW"


def test_files_are_for_their_owner_alone_and_end_with_a_newline(tmp_path: Path) -> None:
    folder = tmp_path / "files" / "prod"
    for text in ("no newline", "one newline\n"):
        path = write(folder, "key", text)
        assert path.read_text() == f"{text.rstrip()}\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [one.name for one in folder.iterdir()] == ["key"]


def test_docker_command_works_on_the_swarm_whatever_the_shell_has_exported(tmp_path: Path) -> None:
    """Also from another folder, and behind a proxy."""
    wrapper = write_docker(tmp_path / "files", "https://192.0.2.7:2376", PEM)
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin" / "docker"
    docker.write_text('#!/bin/sh\necho "$* | ${DOCKER_HOST-none} | ${DOCKER_CONTEXT-none} | $NO_PROXY"\n')
    docker.chmod(0o755)
    env = os.environ | {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "DOCKER_HOST": "tcp://other:2376",
        "DOCKER_CONTEXT": "other",
        "NO_PROXY": "localhost",
    }
    done = subprocess.run([wrapper, "node", "ls"], env=env, cwd="/", capture_output=True, text=True, check=True)
    folder = tmp_path / "files"
    assert done.stdout == (
        f"--host tcp://192.0.2.7:2376 --tlsverify --tlscacert {folder}/ca.pem --tlscert {folder}/cert.pem "
        f"--tlskey {folder}/key.pem node ls | none | none | localhost,192.0.2.7\n"
    )
    assert {path.name for path in folder.iterdir()} == {"ca.pem", "cert.pem", "key.pem", "endpoint", "docker"}
    assert (folder / "key.pem").read_text() == "KEY\n"


def test_ssh_settings_name_each_machine(tmp_path: Path) -> None:
    machines = [
        SshHost(name="manager-1", address="192.0.2.1", port=22, user="ubuntu", host_key="ssh-ed25519 AAAA"),
        SshHost(name="web-1", address="192.0.2.2", port=2222, user="ops", host_key=None),
    ]
    config = write_ssh(tmp_path / "a b", "KEY", machines).read_text()
    assert "Host web-1\n  HostName 192.0.2.2\n  Port 2222\n  User ops\n  StrictHostKeyChecking ask\n" in config
    assert "Host manager-1\n  HostName 192.0.2.1\n  Port 22\n  User ubuntu\n  StrictHostKeyChecking yes\n" in config
    assert f'IdentityFile "{tmp_path}/a b/ssh_key"' in config
    known = (tmp_path / "a b" / "known_hosts").read_text()
    assert known == "[192.0.2.1]:22 ssh-ed25519 AAAA\n192.0.2.1 ssh-ed25519 AAAA\n"
    assert (tmp_path / "a b" / "ssh_key").read_text() == "KEY\n"
