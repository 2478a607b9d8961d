"""components/machines/machine.py: how commands reach a machine."""

import pytest
from pulumi_command import remote

from tests.mocked import Engine, Secret, build, value
from tests.unit.parts import machine


def test_ssh_is_only_spoken_with_the_known_host(engine: Engine) -> None:
    connection = build(lambda: machine().connection())
    assert (connection.host, connection.user) == ("192.0.2.7", "root")
    assert value(connection.host_key) == "ssh-ed25519 HOST"
    assert value(connection.private_key) == Secret("LOGIN-KEY")


def test_a_connection_gives_up_unless_it_is_to_wait(engine: Engine) -> None:
    def limits() -> list[object]:
        return [machine().connection().dial_error_limit, machine().connection(dial_error_limit=-1).dial_error_limit]

    assert build(limits) == [10, -1]


@pytest.mark.parametrize(
    ("user", "arguments", "line"),
    [
        ("root", [], "bash -s --"),
        ("root", ["drain"], "bash -s -- drain"),
        ("debian", ["drain"], "sudo -n bash -s -- drain"),
    ],
)
def test_scripts_come_over_standard_input_and_run_as_root(
    engine: Engine, user: str, arguments: list[str], line: str
) -> None:
    assert build(lambda: machine(user=user)).bash(*arguments) == line


def test_a_connection_is_secret_to_the_command_that_has_it(engine: Engine) -> None:
    build(lambda: remote.Command("c", connection=machine().connection(), create="true"))
    assert engine.is_secret("c", "connection")
