"""components/machines/exoscale/lockout.py: a line about a machine that does not answer, with the address to add."""

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from components.machines.exoscale import lockout
from components.machines.exoscale.lockout import Lockout
from tests.support.address_service import address_service
from tests.support.fake_pulumi import FakePulumi
from tests.support.ports import reserved_port
from tests.support.pulumi_run import build

OWN = IPv4Address("203.0.113.9")
PATIENCE_S = 60  # with a server that is a thread of this test


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this computer that nobody listens on."""
    with reserved_port() as port:
        yield port


async def called(hook: Any, name: str, port: int) -> None:
    """Call a hook as the SDK does: an input with a secret in it is an output."""
    connection = pulumi.Output.secret({"host": "127.0.0.1", "port": float(port), "privateKey": "KEY"})
    args = SimpleNamespace(name=name, new_inputs={"connection": connection})
    await hook.callback(cast(pulumi.ResourceHookArgs, args))


def watched(
    management: str,
    port: int,
    own: IPv4Address | None = OWN,
    machines: int = 1,
    command: str = "ready",
    *,
    silence_s: float = 0.2,
) -> list[str]:
    """Return the lines that are logged before commands on machines at this port."""
    lines: list[str] = []
    asked: list[int] = []

    async def ask() -> IPv4Address | None:
        asked.append(1)
        return own

    one = build(lambda: Lockout(management=[IPv4Network(management)], silence_s=silence_s, ask=ask))
    hook: Any = one.hooks.before_create[0]  # type: ignore[index]
    for number in range(1, machines + 1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pulumi.log, "warn", lines.append)
            asyncio.run(called(hook, f"worker-{number}-{command}", port))
    assert len(asked) == len(lines)
    return lines


@pytest.mark.parametrize("command", ["ready", "host-key-proof"])
def test_machine_that_does_not_answer_gets_the_address_to_add(
    fake_pulumi: FakePulumi, closed_port: int, command: str
) -> None:
    (line,) = watched("192.0.2.0/24", closed_port, command=command)
    assert line.startswith(
        f"worker-1: no SSH server answers at 127.0.0.1:{closed_port} for 0 s, and the update waits for it. "
    )
    assert "This computer's public address is 203.0.113.9, and firewall.management is 192.0.2.0/24" in line
    assert "add 203.0.113.9/32 to firewall.management, and run this again" in line


def test_machine_that_does_not_answer_an_admitted_computer_may_still_boot(
    fake_pulumi: FakePulumi, closed_port: int
) -> None:
    (line,) = watched("203.0.113.0/24", closed_port)
    assert "This computer's address 203.0.113.9 is in firewall.management, so the machine may still be booting" in line


def test_unknown_address_leaves_the_question_to_the_operator(fake_pulumi: FakePulumi, closed_port: int) -> None:
    (line,) = watched("192.0.2.0/24", closed_port, own=None)
    assert (
        "Is this computer's public address (`curl -4 https://api.ipify.org` prints it) in firewall.management" in line
    )


def test_all_machines_that_do_not_answer_get_one_line(fake_pulumi: FakePulumi, closed_port: int) -> None:
    assert len(watched("192.0.2.0/24", closed_port, machines=3)) == 1


def test_machine_that_answers_gets_no_line_and_nobody_is_asked(fake_pulumi: FakePulumi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert watched("192.0.2.0/24", int(server.getsockname()[1]), silence_s=PATIENCE_S) == [], "as soon as it does"


def test_line_comes_within_a_minute() -> None:
    assert lockout.SILENCE_S + lockout.CONNECT_TIMEOUT_S + lockout.ANSWER_TIMEOUT_S < 60


def test_public_address_is_what_the_service_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "ANSWER_TIMEOUT_S", PATIENCE_S)
    for text, address in (("203.0.113.9", OWN), ("fd00::1", None), ("<html>", None)):
        with address_service(text) as url:
            monkeypatch.setenv(lockout.URL_VARIABLE, url)
            assert asyncio.run(lockout.public_address()) == address


def test_nobody_is_asked_if_the_operator_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: Any) -> Any:
        raise AssertionError("a request was sent")

    monkeypatch.setenv(lockout.URL_VARIABLE, "")
    monkeypatch.setattr(lockout, "_asked", opened)
    assert asyncio.run(lockout.public_address()) is None


def test_service_that_does_not_answer_says_nothing(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lockout.URL_VARIABLE, f"http://127.0.0.1:{closed_port}")
    assert asyncio.run(lockout.public_address()) is None
