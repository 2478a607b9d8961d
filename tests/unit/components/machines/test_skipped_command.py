"""components/machines/skipped_command.py: the placeholder of a command that a lost machine does not get."""

import pulumi

from components.machines.skipped_command import SkippedCommand
from tests.support.builders import another
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value


def test_skipped_command_is_in_the_state_alone_with_an_empty_output(fake_pulumi: FakePulumi) -> None:
    made = build(lambda: SkippedCommand("c", another("p")))
    assert fake_pulumi.types["c"] == "pulumi:index:Stash"
    assert fake_pulumi.parent("c") == "p"
    assert value(made.stdout) == ""


def test_resources_can_depend_on_a_skipped_command(fake_pulumi: FakePulumi) -> None:
    def make() -> None:
        pulumi.Stash("after", input="", opts=pulumi.ResourceOptions(depends_on=[SkippedCommand("c", None)]))

    build(make)
    assert fake_pulumi.dependencies("after") == {"c"}
