"""components/machines/machine.py: the way in which commands reach a machine."""

from functools import partial
from typing import Any

import pulumi

from components import assets
from components.machines.skipped_command import IGNORED_WHEN_LOST
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, start

SCRIPT = "service/scripts/pull.sh"


def command(changed: dict[str, Any] | None = None, **arguments: Any) -> None:
    """Register the command `c` on a machine."""
    given: dict[str, Any] = {"values": {"IMAGE": pulumi.Output.secret("a 'b")}, "opts": pulumi.ResourceOptions()}
    build(lambda: machine(**(changed or {})).command("c", SCRIPT, **(given | arguments)))


def test_connection_pins_the_host_key_and_is_secret(fake_pulumi: FakePulumi) -> None:
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


def test_command_waits_for_a_machine_if_asked(fake_pulumi: FakePulumi) -> None:
    command(dial_error_limit=-1)
    assert fake_pulumi.inputs("c")["connection"]["dialErrorLimit"] == -1


def test_script_comes_over_standard_input_and_runs_as_root() -> None:
    cases: list[tuple[str, dict[str, str], str, str | None]] = [
        ("root", {}, "bash -s --", None),
        ("root", {"create": "activate", "delete": "drain"}, "bash -s -- activate", "bash -s -- drain"),
        ("debian", {"create": "join"}, "sudo -n bash -s -- join", None),
        ("debian", {"delete": "leave"}, "sudo -n bash -s --", "sudo -n bash -s -- leave"),
        ("root", {"create": "start", "update": "continue"}, "bash -s -- start", None),
    ]
    for user, verbs, create, delete in cases:
        fake_pulumi = start()
        command({"user": user}, **verbs)
        inputs = fake_pulumi.inputs("c")
        assert (inputs["create"], inputs.get("delete")) == (create, delete), (user, verbs)
        assert fake_pulumi.is_secret("c", "stdin")
        assert fake_pulumi.script("c").startswith("export IMAGE='a '\"'\"'b'\n#!/usr/bin/env bash\n")


def test_command_output_is_neither_logged_nor_passed_to_the_next_run(
    fake_pulumi: FakePulumi,
) -> None:
    command()
    inputs = fake_pulumi.inputs("c")
    assert (inputs["logging"], inputs["addPreviousOutputInEnv"]) == ("stderr", False)


def test_changed_trigger_updates_the_command_in_place(fake_pulumi: FakePulumi) -> None:
    command(triggers=[machine().system_generation])
    assert fake_pulumi.triggers("c") == ["worker-1-root"]
    assert "triggers" not in fake_pulumi.inputs("c"), "it would be undone where it ran before"


def test_libraries_precede_the_script(fake_pulumi: FakePulumi) -> None:
    command(libraries=["machines/scripts/apt.sh", "swarm/scripts/nodes.sh"])
    text = fake_pulumi.script("c")
    assert text.index("begin_installation() {") < text.index("forget_node() {") < text.index(assets.read(SCRIPT))


def test_command_is_deleted_with_its_machine(
    fake_pulumi: FakePulumi,
) -> None:
    build(lambda: machine(root=another("root-of-it")).command("c", SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions()))
    assert fake_pulumi.deleted_with("c") == "root-of-it"


def test_command_that_outlives_its_machine_is_undone_first(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        given = machine(root=another("root-of-it"))
        given.command("c", SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions(), undo_before_destroy=True)

    build(make)
    assert fake_pulumi.deleted_with("c") == ""


def test_command_about_another_machine_is_deleted_with_that_machine(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        about = machine("worker-2", root=another("root"), disk=another("disk"))
        machine(root=another("own")).command("c", SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions(), about=about)

    build(make)
    assert fake_pulumi.deleted_with("c") == "disk"


def test_lost_machine_keeps_old_commands_frozen_and_skips_new_ones() -> None:
    losses: dict[str, Any] = {"lost": True, "commands": frozenset({"old"})}

    def run_commands(on_lost: bool) -> None:
        on, about = machine(**(losses if on_lost else {})), machine("worker-2", **({} if on_lost else losses))
        for name in ("old", "new"):
            on.command(name, SCRIPT, {"IMAGE": "a"}, pulumi.ResourceOptions(), about=about)

    for on_lost in (True, False):  # the command runs on the lost machine, or is about it
        fake_pulumi = start()
        build(partial(run_commands, on_lost))
        assert fake_pulumi.types == {"old": "command:remote:Command", "new": "pulumi:index:Stash"}
        assert fake_pulumi.options["old"].retainOnDelete
        assert set(fake_pulumi.inputs("old")) <= {camel_case(name) for name in IGNORED_WHEN_LOST}
        assert [camel_case(name) for name in IGNORED_WHEN_LOST] == list(fake_pulumi.options["old"].ignoreChanges)


def camel_case(name: str) -> str:
    """Return a name as Pulumi's engine writes it."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
