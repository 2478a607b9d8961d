"""components/machines/skipped_command.py: what stands for a command that a lost machine is not asked for."""

import pulumi

from components.machines.skipped_command import Unasked
from tests.mocked import Engine, build, value
from tests.unit.parts import another


def test_it_is_in_the_state_alone_and_prints_nothing(engine: Engine) -> None:
    made = build(lambda: Unasked("c", another("p")))
    assert engine.types["c"] == "pulumi:index:Stash"
    assert engine.parent("c") == "p"
    assert value(made.stdout) == ""


def test_others_can_wait_for_it(engine: Engine) -> None:
    def make() -> None:
        pulumi.Stash("after", input="", opts=pulumi.ResourceOptions(depends_on=[Unasked("c", None)]))

    build(make)
    assert engine.dependencies("after") == {"c"}
