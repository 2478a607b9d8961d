"""components/swarm/tokens.py: join tokens are rotated after machines have joined."""

from components.swarm.membership import Membership, MembershipArgs
from components.swarm.tokens import JoinTokens, JoinTokensArgs
from tests.support.builders import machine, swarm
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

ROTATED = "tokens-rotated"


def tokens(generation: int = 1) -> None:
    def make() -> None:
        joined = swarm()
        memberships = [
            Membership(name, MembershipArgs(machine=machine(name), swarm=joined, depends_on=[], leaves=False))
            for name in ("manager-1", "worker-1")
        ]
        JoinTokens("tokens", JoinTokensArgs(swarm=joined, memberships=memberships, generation=generation))

    build(make)


def test_tokens_are_rotated_on_the_api_manager_after_all_have_joined(fake_pulumi: FakePulumi) -> None:
    tokens()
    assert fake_pulumi.types["tokens"] == "nuvla:swarm:JoinTokens"
    assert fake_pulumi.inputs(ROTATED)["connection"]["host"] == "192.0.2.1"
    assert {"manager-1-active", "worker-1-active"} <= fake_pulumi.dependencies(ROTATED)
    assert fake_pulumi.parameters(ROTATED) == {"SWARM_ID": "STDOUT:swarm-init"}


def test_each_invitation_rotates_the_tokens_again(fake_pulumi: FakePulumi) -> None:
    tokens()
    assert fake_pulumi.triggers(ROTATED)[1:] == ["STDOUT:manager-1-node", "STDOUT:worker-1-node"]
    assert not fake_pulumi.is_secret(ROTATED, "update"), "a preview shows why"


def test_rotation_handles_no_token_and_is_not_undone(fake_pulumi: FakePulumi) -> None:
    tokens()
    assert not fake_pulumi.is_secret(ROTATED, "stdin")
    assert "delete" not in fake_pulumi.inputs(ROTATED)


def test_another_generation_rotates_the_tokens_in_place(fake_pulumi: FakePulumi) -> None:
    tokens(generation=2)
    assert fake_pulumi.triggers(ROTATED)[-1] == "generation-2"
    assert fake_pulumi.inputs("tokens") == {"generation": 2}
