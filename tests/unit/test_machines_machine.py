"""components/machines/machine.py: how commands reach a machine."""

from typing import Any

import pulumi
import pytest

from tests.mocked import Engine, build
from tests.unit.parts import machine

SCRIPT = "service/scripts/pull.sh"


def command(changed: dict[str, Any] | None = None, **arguments: Any) -> None:
    """A command `c` on a machine."""
    given: dict[str, Any] = {"values": {"IMAGE": pulumi.Output.secret("a 'b")}, "opts": pulumi.ResourceOptions()}
    build(lambda: machine(**(changed or {})).command("c", SCRIPT, **(given | arguments)))


def test_ssh_is_only_spoken_with_the_known_host(engine: Engine) -> None:
    command({"port": 2222})
    assert engine.is_secret("c", "connection")
    connection = engine.inputs("c")["connection"]
    assert connection.pop("perDialTimeout") > 0  # the SDK's own default
    assert connection == {
        "host": "192.0.2.7",
        "port": 2222,
        "user": "root",
        "privateKey": "LOGIN-KEY",
        "hostKey": "ssh-ed25519 HOST",
        "dialErrorLimit": 10,
    }


def test_a_command_gives_up_unless_it_is_to_wait(engine: Engine) -> None:
    command(dial_error_limit=-1)
    assert engine.inputs("c")["connection"]["dialErrorLimit"] == -1


@pytest.mark.parametrize(
    ("user", "verbs", "create", "delete"),
    [
        ("root", {}, "bash -s --", None),
        ("root", {"create": "activate", "delete": "drain"}, "bash -s -- activate", "bash -s -- drain"),
        ("debian", {"create": "join"}, "sudo -n bash -s -- join", None),
        ("debian", {"delete": "leave"}, "sudo -n bash -s --", "sudo -n bash -s -- leave"),
    ],
)
def test_scripts_come_over_standard_input_and_run_as_root(
    engine: Engine, user: str, verbs: dict[str, str], create: str, delete: str | None
) -> None:
    command({"user": user}, **verbs)
    inputs = engine.inputs("c")
    assert (inputs["create"], inputs.get("delete")) == (create, delete)
    assert engine.is_secret("c", "stdin")
    assert engine.script("c").startswith("export IMAGE='a '\"'\"'b'\n#!/usr/bin/env bash\n")


def test_what_a_command_prints_is_neither_logged_nor_in_the_environment_of_the_next_run(engine: Engine) -> None:
    command()
    inputs = engine.inputs("c")
    assert (inputs["logging"], inputs["addPreviousOutputInEnv"]) == ("stderr", False)


def test_a_command_runs_again_when_a_trigger_changes(engine: Engine) -> None:
    command(triggers=[machine().root_id])
    assert engine.inputs("c")["triggers"] == ["worker-1-root"]
