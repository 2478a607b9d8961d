"""components/machines/machine.py: how commands reach a machine."""

from typing import Any

import pulumi
import pytest

from components import assets
from components.machines.skipped_command import FROZEN
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

SCRIPT = "service/scripts/pull.sh"


def command(changed: dict[str, Any] | None = None, **arguments: Any) -> None:
    """A command `c` on a machine."""
    given: dict[str, Any] = {"values": {"IMAGE": pulumi.Output.secret("a 'b")}, "opts": pulumi.ResourceOptions()}
    build(lambda: machine(**(changed or {})).command("c", SCRIPT, **(given | arguments)))


def test_ssh_is_only_spoken_with_the_known_host(fake_pulumi: FakePulumi) -> None:
    command({"port": 2222})
    assert fake_pulumi.is_secret("c", "connection")
    connection = fake_pulumi.inputs("c")["connection"]
    assert connection.pop("perDialTimeout") > 0  # the SDK's own default
    assert connection == {
        "host": "192.0.2.7",
        "port": 2222,
        "user": "root",
        "privateKey": "LOGIN-KEY",
        "hostKey": "ssh-ed25519 HOST",
        "dialErrorLimit": 10,
    }


def test_a_command_gives_up_unless_it_is_to_wait(fake_pulumi: FakePulumi) -> None:
    command(dial_error_limit=-1)
    assert fake_pulumi.inputs("c")["connection"]["dialErrorLimit"] == -1


@pytest.mark.parametrize(
    ("user", "verbs", "create", "delete"),
    [
        ("root", {}, "bash -s --", None),
        ("root", {"create": "activate", "delete": "drain"}, "bash -s -- activate", "bash -s -- drain"),
        ("debian", {"create": "join"}, "sudo -n bash -s -- join", None),
        ("debian", {"delete": "leave"}, "sudo -n bash -s --", "sudo -n bash -s -- leave"),
        ("root", {"create": "start", "update": "continue"}, "bash -s -- start", None),
    ],
)
def test_scripts_come_over_standard_input_and_run_as_root(
    fake_pulumi: FakePulumi, user: str, verbs: dict[str, str], create: str, delete: str | None
) -> None:
    command({"user": user}, **verbs)
    inputs = fake_pulumi.inputs("c")
    assert (inputs["create"], inputs.get("delete")) == (create, delete)
    assert fake_pulumi.is_secret("c", "stdin")
    assert fake_pulumi.script("c").startswith("export IMAGE='a '\"'\"'b'\n#!/usr/bin/env bash\n")


def test_what_a_command_prints_is_neither_logged_nor_in_the_environment_of_the_next_run(
    fake_pulumi: FakePulumi,
) -> None:
    command()
    inputs = fake_pulumi.inputs("c")
    assert (inputs["logging"], inputs["addPreviousOutputInEnv"]) == ("stderr", False)


def test_a_command_runs_again_in_place_when_a_trigger_changes(fake_pulumi: FakePulumi) -> None:
    command(triggers=[machine().root_id])
    assert fake_pulumi.triggers("c") == ["worker-1-root"]
    assert "triggers" not in fake_pulumi.inputs("c"), "it would be undone where it ran before"


def test_functions_come_before_the_script_that_uses_them(fake_pulumi: FakePulumi) -> None:
    command(libraries=["machines/scripts/apt.sh", "swarm/scripts/nodes.sh"])
    text = fake_pulumi.script("c")
    assert text.index("begin_installation() {") < text.index("forget_node() {") < text.index(assets.read(SCRIPT))


def test_what_is_on_a_machine_is_undone_while_that_lives_and_is_not_asked_for_when_it_goes(
    fake_pulumi: FakePulumi,
) -> None:
    build(lambda: machine(root=another("root-of-it")).command("c", SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions()))
    assert fake_pulumi.deleted_with("c") == "root-of-it"


def test_what_outlives_a_machine_is_undone_before_that_is_destroyed(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        given = machine(root=another("root-of-it"))
        given.command("c", SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions(), outlives=True)

    build(make)
    assert fake_pulumi.deleted_with("c") == ""


def test_what_is_about_another_machine_goes_with_that_one(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        about = machine("worker-2", root=another("root"), disk=another("disk"))
        machine(root=another("own")).command("c", SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions(), about=about)

    build(make)
    assert fake_pulumi.deleted_with("c") == "disk"


@pytest.mark.parametrize("which", ["it", "other"])
def test_a_lost_machine_keeps_its_commands_as_they_were_and_gets_no_new_ones(
    fake_pulumi: FakePulumi, which: str
) -> None:
    def make() -> None:
        losses: dict[str, Any] = {"lost": True, "commands": frozenset({"old"})}
        about = machine("worker-2", **(losses if which == "other" else {}))
        on = machine(**(losses if which == "it" else {}))
        for name in ("old", "new"):
            on.command(name, SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions(), about=about)

    build(make)
    assert fake_pulumi.types == {"old": "command:remote:Command", "new": "pulumi:index:Stash"}
    assert fake_pulumi.options["old"].retainOnDelete
    assert set(fake_pulumi.inputs("old")) <= {humps(name) for name in FROZEN}
    assert [humps(name) for name in FROZEN] == list(fake_pulumi.options["old"].ignoreChanges)


def humps(name: str) -> str:
    """A name as the engine has it."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
