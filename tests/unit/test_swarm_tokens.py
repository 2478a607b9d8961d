"""components/swarm/tokens.py: join tokens end once machines have joined."""

from components.swarm.membership import Membership, MembershipArgs
from components.swarm.tokens import JoinTokens, JoinTokensArgs
from tests.mocked import Engine, build
from tests.unit.parts import machine, swarm

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


def test_they_end_on_the_entry_once_all_have_joined(engine: Engine) -> None:
    tokens()
    assert engine.types["tokens"] == "nuvla:swarm:JoinTokens"
    assert engine.inputs(ROTATED)["connection"]["host"] == "192.0.2.1"
    assert {"manager-1-active", "worker-1-active"} <= engine.dependencies(ROTATED)
    assert engine.parameters(ROTATED) == {"SWARM_ID": "STDOUT:swarm-init"}


def test_they_end_again_whenever_a_machine_was_invited_and_not_otherwise(engine: Engine) -> None:
    tokens()
    assert engine.triggers(ROTATED)[1:] == ["STDOUT:manager-1-node", "STDOUT:worker-1-node"]
    assert not engine.is_secret(ROTATED, "update"), "a preview shows why"


def test_they_are_neither_given_nor_told_by_it(engine: Engine) -> None:
    tokens()
    assert not engine.is_secret(ROTATED, "stdin")
    assert "delete" not in engine.inputs(ROTATED)
