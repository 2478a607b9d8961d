"""components/machines/existing/error_hints.py: a hint follows a failed first contact to a host."""

from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.machines.existing.error_hints import HINTS, Contact, HostErrorHints, error_hint
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

HOST = Contact(address="192.0.2.7", port=2222, user="ops")
ERRORS = {
    "after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch": "make hostkey HOST=192.0.2.7:2222",
    "after 2 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]": (
        "it does not let ops in with the secret ssh_private_key"
    ),
    'Process exited with status 1: running "sudo -n bash -s -- check":\nsudo: a password is required': (
        "`ops ALL=(ALL) NOPASSWD: ALL`"
    ),
    "failed to parse host key: ssh: no key found": "its setting host_key is no public key",
    "ssh: no key found": "the secret ssh_private_key is no private key in OpenSSH format",
    "after 2 failed attempts: dial tcp 192.0.2.7:2222: connect: connection refused": (
        "no SSH server answers at 192.0.2.7:2222 (connect: connection refused)"
    ),
    "after 2 failed attempts: ssh: handshake failed: EOF": "is no SSH server: correct the setting port of this host",
}
SUDO = [
    "bash: line 1: sudo: command not found",
    "ops is not in the sudoers file.",
    "sudo: a terminal is required to read the password",
]


def test_known_host_error_gets_a_hint() -> None:
    found = {error: error_hint(HOST, [error]) or "" for error in ERRORS}
    assert {error: hint for error, hint in found.items() if ERRORS[error] not in hint} == {}


def test_silent_host_is_given_up_last_and_only_for_ever() -> None:
    """A closed firewall is the usual reason, and a machine that is named there is forgotten."""
    for reason in ("connect: connection refused", "i/o timeout", "connect: no route to host"):
        hint = error_hint(HOST, [f"after 2 failed attempts: dial tcp 192.0.2.7:2222: {reason}"]) or ""
        assert f"({reason}): is it on, are its settings address and port right, and does its own firewall let" in hint
        assert hint.endswith("? Only if it will never come back, name it in machines.lost")


def test_each_host_hint_has_an_error_in_this_test() -> None:
    assert len({error_hint(HOST, [error]) for error in ERRORS}) == len(HINTS)


def test_any_sudo_error_gets_the_hint_about_sudo() -> None:
    assert [error for error in SUDO if "has no sudo without password" not in (error_hint(HOST, [error]) or "")] == []


def test_error_of_a_script_gets_no_hint() -> None:
    assert error_hint(HOST, ["worker-1: is in another swarm; remove it there"]) is None
    assert error_hint(HOST, []) is None


def test_hint_names_its_machine_and_nothing_is_retried(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", logged.append)
    advisor = build(lambda: HostErrorHints({"worker-1": HOST, "worker-2": HOST}))
    hook: Any = advisor.hooks.on_error[0]  # type: ignore[index]
    for machine in ("worker-1", "worker-2"):
        args = SimpleNamespace(name=f"{machine}-check", errors=[next(iter(ERRORS))])
        assert hook.callback(cast(pulumi.ErrorHookArgs, args)) is False
    assert [line.partition(": ")[0] for line in logged] == ["worker-1", "worker-2"]
