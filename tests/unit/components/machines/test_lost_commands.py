"""components/machines/lost_commands.py: commands of a lost machine leave the state without a contact to it."""

import pulumi

from components.machines.lost_commands import FormerCommand, retain_lost_commands
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

URN = "urn:pulumi:test::nuvla-swarm::nuvla:storage:Nfs$command:remote:Command::"
SCRIPT = "swarm/scripts/init.sh"


def given(*names: str) -> dict[str, FormerCommand]:
    return {name: FormerCommand(urn=URN + name, host="192.0.2.9", has_delete=True) for name in names}


def forgotten(former: dict[str, FormerCommand]) -> None:
    def make() -> None:
        one = machine()
        one.command("still", SCRIPT, {"A": "b"}, pulumi.ResourceOptions())
        retain_lost_commands(
            former, [one], pulumi.ResourceOptions(parent=pulumi.ComponentResource("nuvla:machines:Some", "cluster"))
        )

    build(make)


def test_removed_command_of_a_lost_machine_is_frozen_and_not_undone(fake_pulumi: FakePulumi) -> None:
    forgotten(given("still", "entry"))
    assert set(fake_pulumi.types) == {"still", "cluster", "entry-forgotten"}
    request = fake_pulumi.options["entry-forgotten"]
    assert [alias.urn for alias in request.aliases] == [f"{URN}entry"]
    assert request.retainOnDelete
    assert {"connection", "create", "delete", "stdin"} <= set(request.ignoreChanges)
    assert fake_pulumi.parent("entry-forgotten") == "cluster"


def test_frozen_command_keeps_its_new_name(fake_pulumi: FakePulumi) -> None:
    forgotten(given("entry-forgotten"))
    assert set(fake_pulumi.types) == {"still", "cluster", "entry-forgotten"}
    assert not fake_pulumi.options["entry-forgotten"].aliases


def test_frozen_command_of_an_earlier_loss_keeps_its_name(fake_pulumi: FakePulumi) -> None:
    forgotten(given("entry", "entry-forgotten"))
    assert set(fake_pulumi.types) == {"still", "cluster", "entry-forgotten", "entry-forgotten-forgotten"}
    assert [alias.urn for alias in fake_pulumi.options["entry-forgotten-forgotten"].aliases] == [f"{URN}entry"]


def test_nothing_is_frozen_without_a_lost_machine(fake_pulumi: FakePulumi) -> None:
    forgotten({})
    assert set(fake_pulumi.types) == {"still", "cluster"}
