"""components/swarm/tokens.py: join tokens end once machines have joined."""

from components.swarm.membership import Membership, MembershipArgs
from components.swarm.tokens import JoinTokens, JoinTokensArgs
from tests.support.builders import machine, swarm
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

ROTATED = "tokens-rotated"


def tokens() -> None:
    def make() -> None:
        joined = swarm()
        memberships = [
            Membership(name, MembershipArgs(machine=machine(name), swarm=joined, after=[], leaves=False))
            for name in ("manager-1", "worker-1")
        ]
        JoinTokens("tokens", JoinTokensArgs(swarm=joined, memberships=memberships))

    build(make)


def test_they_end_on_the_entry_once_all_have_joined(fake_pulumi: FakePulumi) -> None:
    tokens()
    assert fake_pulumi.types["tokens"] == "nuvla:swarm:JoinTokens"
    assert fake_pulumi.inputs(ROTATED)["connection"]["host"] == "192.0.2.1"
    assert {"manager-1-active", "worker-1-active"} <= fake_pulumi.dependencies(ROTATED)
    assert fake_pulumi.parameters(ROTATED) == {"SWARM_ID": "STDOUT:swarm-init"}


def test_they_end_again_whenever_a_machine_was_invited_and_not_otherwise(fake_pulumi: FakePulumi) -> None:
    tokens()
    assert fake_pulumi.triggers(ROTATED)[1:] == ["STDOUT:manager-1-node", "STDOUT:worker-1-node"]
    assert not fake_pulumi.is_secret(ROTATED, "update"), "a preview shows why"


def test_they_are_neither_given_nor_told_by_it(fake_pulumi: FakePulumi) -> None:
    tokens()
    assert not fake_pulumi.is_secret(ROTATED, "stdin")
    assert "delete" not in fake_pulumi.inputs(ROTATED)
