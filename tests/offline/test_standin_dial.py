"""The stand-in of ``command`` dials, retries and gives up as the released plugin does."""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]

from tests.offline import plugin, sshd
from tests.offline.plugin import Plugin, secret
from tests.offline.sshd import Server
from tests.support.rows import rows


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses and that nobody else can take."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def run(command: Plugin, connection: dict[str, Any], **options: Any) -> str:
    inputs = {"connection": secret(connection), "create": "echo ran", "addPreviousOutputInEnv": False}
    return str(command.create(inputs, **options).outputs["stdout"])


def refusal(command: Plugin, connection: dict[str, Any], **options: Any) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        run(command, connection, **options)
    return str(caught.value.details())


def test_wrong_host_key_is_rejected(command: Plugin, machine: Server, tmp_path: Path) -> None:
    other = sshd.new_key(tmp_path / "other").with_suffix(".pub").read_text()
    message = refusal(command, machine.connection(hostKey=other))
    assert message == "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch"


def test_wrong_host_key_is_retried_like_other_failures(command: Plugin, machine: Server, tmp_path: Path) -> None:
    other = sshd.new_key(tmp_path / "other").with_suffix(".pub").read_text()
    assert refusal(command, machine.connection(hostKey=other, dialErrorLimit=2)).startswith("after 2 failed attempts:")


def test_host_key_of_another_algorithm_is_rejected(command: Plugin, machine: Server, tmp_path: Path) -> None:
    other = sshd.new_key(tmp_path / "other", "ecdsa").with_suffix(".pub").read_text()
    assert "ssh: handshake failed" in refusal(command, machine.connection(hostKey=other))


def test_pinned_rsa_host_key_is_rejected(command: Plugin, machine: Server, tmp_path: Path) -> None:
    """The released plugin then asks for ssh-rsa alone, which is RSA with SHA-1."""
    other = sshd.new_key(tmp_path / "other", "rsa").with_suffix(".pub").read_text()
    assert "no common algorithm for host key" in refusal(command, machine.connection(hostKey=other))


def test_any_host_key_is_accepted_without_a_pinned_one(command: Plugin, machine: Server) -> None:
    connection = machine.connection()
    del connection["hostKey"]
    assert run(command, connection) == "ran"


@rows(
    "change, message",
    [
        ({"hostKey": "no key"}, "failed to parse host key: ssh: no key found"),
        ({"privateKey": "no key"}, "ssh: the private key cannot be read (ValueError)"),
        ({"agentSocketPath": "/nonexistent/agent"}, "dial unix /nonexistent/agent"),
    ],
)
def test_unreadable_keys_are_not_retried(
    command: Plugin, machine: Server, change: dict[str, str], message: str
) -> None:
    assert refusal(command, machine.connection(dialErrorLimit=-1, **change)).startswith(message)
    assert not command.log.lines


def test_wrong_user_key_is_rejected(command: Plugin, machine: Server, tmp_path: Path) -> None:
    other = sshd.new_key(tmp_path / "other").read_text()
    assert "unable to authenticate, attempted methods [publickey]" in refusal(
        command, machine.connection(privateKey=other)
    )


@rows(
    "kind, options",
    [("ed25519", ()), ("rsa", ("-b", "2048")), ("rsa", ("-b", "2048", "-m", "PEM")), ("ecdsa", ("-m", "PKCS8"))],
)
def test_user_keys_of_every_format_log_in(
    command: Plugin, tmp_path_factory: pytest.TempPathFactory, machine: Server, kind: str, options: tuple[str, ...]
) -> None:
    path = sshd.new_key(tmp_path_factory.mktemp("key") / "key", kind, *options)
    with (machine.folder / "authorized_keys").open("a") as authorized:
        authorized.write(path.with_suffix(".pub").read_text())
    assert run(command, machine.connection(privateKey=path.read_text())) == "ran"


def test_encrypted_user_key_logs_in(command: Plugin, machine: Server, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(machine.private_key)
    path.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "pass word", "-f", path], check=True)
    assert run(command, machine.connection(privateKey=path.read_text(), privateKeyPassword="pass word")) == "ran"


def test_ssh_agent_logs_in(command: Plugin, machine: Server, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(machine.private_key)
    key.chmod(0o600)
    with subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL) as agent:
        try:
            environment = {"SSH_AUTH_SOCK": str(tmp_path / "agent")}
            ends = time.monotonic() + plugin.PATIENCE_S
            while not (tmp_path / "agent").exists():
                assert time.monotonic() < ends, "ssh-agent did not start"
                time.sleep(0.01)
            subprocess.run(["ssh-add", "-q", key], env=environment, check=True)
            connection = machine.connection(agentSocketPath=str(tmp_path / "agent"))
            del connection["privateKey"]
            assert run(command, connection) == "ran"
        finally:
            agent.terminate()


def test_dial_limit_of_two_allows_three_dials(command: Plugin, machine: Server, closed_port: int) -> None:
    began = time.monotonic()
    message = refusal(command, machine.connection(port=closed_port, dialErrorLimit=2))
    assert message == f"after 2 failed attempts: dial tcp 127.0.0.1:{closed_port}: connection refused"
    assert command.log.lines == ["Dial 1/2 failed: retrying", "Dial 2/2 failed: retrying"]
    assert time.monotonic() - began >= 0.1 + 0.15, "the delays are 100 ms, then half as much again, up to 5 s"


def test_unlimited_dialling_ends_at_the_timeout(command: Plugin, machine: Server, closed_port: int) -> None:
    began = time.monotonic()
    connection = machine.connection(port=closed_port, dialErrorLimit=-1)
    assert refusal(command, connection, timeout=1) == "context deadline exceeded"
    assert 1 <= time.monotonic() - began < 60, "not a minute, nor until the call is given up"
    assert command.log.lines[0] == "Dial 1/inf failed: retrying"


def test_silent_server_is_one_failed_dial(command: Plugin, machine: Server) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert "ssh: handshake failed" in refusal(command, machine.connection(port=port, perDialTimeout=1))


def test_late_server_is_reached(command: Plugin, machine: Server, tmp_path: Path) -> None:
    """Its port refuses until the first retry has been logged."""
    with socket.socket() as late, futures.ThreadPoolExecutor(1) as pool:
        late.bind(("127.0.0.1", 0))
        connection = machine.connection(port=late.getsockname()[1], dialErrorLimit=-1)
        running = pool.submit(run, command, connection, timeout=100)
        while not command.log.lines:
            assert not running.done()
        late.listen()
        _forward(late, machine.port)
        assert running.result() == "ran"


def test_timeout_does_not_stop_a_running_command(command: Plugin, machine: Server, tmp_path: Path) -> None:
    """As released: the time-out ends the dialling only. A busy computer dials for long: then the next one is longer."""
    for timeout in (1, 4, 16):
        inputs = {
            "connection": secret(machine.connection()),
            "create": f"touch {tmp_path}/began; sleep {timeout + 0.5}; echo ran",
            "addPreviousOutputInEnv": False,
        }
        with contextlib.suppress(grpc.RpcError):
            assert command.create(inputs, timeout=timeout).outputs["stdout"] == "ran"
            return
        assert not (tmp_path / "began").exists(), "the command was stopped"
    pytest.fail("the server is not reached in 16 s")


def test_cancel_ends_dialling(machine: Server, closed_port: int) -> None:
    with plugin.running(plugin.standin("command")) as own, futures.ThreadPoolExecutor(1) as pool:
        command = own.of("command:remote:Command")
        running = pool.submit(refusal, command, machine.connection(port=closed_port, dialErrorLimit=-1))
        while not command.log.lines:
            assert not running.done()
        command.stub.Cancel(empty_pb2.Empty(), timeout=plugin.PATIENCE_S)
        assert running.result(plugin.PATIENCE_S) == "context canceled"


def _forward(listening: socket.socket, port: int) -> None:
    """Carries the one connection that comes to the port, in threads that end with it."""

    def copy(source: socket.socket, target: socket.socket) -> None:
        with source, contextlib.suppress(OSError):  # the other direction may have ended both
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    near, _ = listening.accept()
    far = socket.create_connection(("127.0.0.1", port))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
