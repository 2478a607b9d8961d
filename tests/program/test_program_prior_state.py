"""The state that is read before anything is made: while Pulumi writes it, too."""

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from stacks import prior_state
from tests.program.runs import run
from tests.support.configs import existing, exoscale, host, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program
from tests.support.rows import rows


def written(times: int) -> FakePulumi:
    """The program, when the state is being written at so many looks at it."""

    def writing(engine: FakePulumi) -> None:
        engine.unreadable = times

    return run_program(target(), seen=writing).engine


def test_state_that_is_being_written_is_read_again() -> None:
    engine = written(2)
    assert engine.unreadable == 0
    assert "swarm" in engine.types


def test_unreadable_state_fails_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prior_state, "PAUSE_S", 0)
    with pytest.raises(pulumi.RunError, match=r"the state of .* cannot be read: .*failed to load checkpoint: EOF"):
        written(1000)


NODE, JOIN, ASKED = (f"worker-1-membership-{step}" for step in ("node", "join", "asked"))
SMALL = target(managers=1, workers=1)


def after(engine: FakePulumi) -> dict[str, Any]:
    return {urn.rpartition("::")[2]: one for urn, one in engine.state_after().items()}


def again(state: dict[str, Any]) -> FakePulumi:
    """The next run, with that state."""
    return run(
        SMALL, state={f"urn:pulumi:test::nuvla-swarm::{one['type']}::{name}": one for name, one in state.items()}
    ).engine


def test_joined_machine_is_not_invited_again() -> None:
    second = again(after(run(SMALL).engine))
    assert ASKED not in second.types
    assert second.inputs(NODE) == run(SMALL).engine.inputs(NODE)


def test_machine_that_never_joined_is_invited_again_in_each_update() -> None:
    """Its token may have ended with the joins of others."""
    state = after(run(SMALL).engine)
    del state[JOIN]
    second = again(state)
    assert second.outputs[ASKED]["input"] == 1
    assert second.triggers(NODE)[1:] == ["1"]
    third = again(after(second))
    assert third.inputs(NODE) == second.inputs(NODE), "it came by that one"
    lost = after(second)
    del lost[JOIN]
    assert again(lost).outputs[ASKED]["input"] == 2


def test_machine_that_joined_by_an_older_invitation_is_invited_again() -> None:
    state = after(run(SMALL).engine)
    state[JOIN]["outputs"]["stdin"] = state[JOIN]["outputs"]["stdin"].replace("STDOUT:", "BEFORE:")
    assert again(state).outputs[ASKED]["input"] == 1


def test_host_keys_of_machines_are_known_by_name_without_comments() -> None:
    state = {
        f"urn:pulumi:test::nuvla-swarm::tls:index/privateKey:PrivateKey::{name}": {
            "type": "tls:index/privateKey:PrivateKey",
            "outputs": {"publicKeyOpenssh": f"ssh-ed25519 {name} comment\n"} if name != "gone-1-host-key" else {},
        }
        for name in ("worker-1-host-key", "worker-1-host-key2", "cluster-login-key", "gone-1-host-key")
    }
    found = prior_state.parse(state)
    assert found.host_keys == {name: f"ssh-ed25519 {name}" for name in ("worker-1-host-key", "worker-1-host-key2")}


LEFT = {"local": target(), "exoscale": exoscale(), "existing": existing(), "host": host()}


@rows("name", list(LEFT))
def test_update_that_failed_leaves_the_facts_of_all_components(name: str) -> None:
    """Pulumi forgets the outputs of a component whose inputs change, until an update has come to its end."""
    state = run(LEFT[name], secrets=secrets_for(LEFT[name])).engine.state_after()
    failed = {urn: {**one, "outputs": {}} if one["type"].startswith("nuvla:") else one for urn, one in state.items()}
    assert failed != state
    before, left = prior_state.parse(state), prior_state.parse(failed)
    assert before.members
    assert before.machines
    # What an engine was set up with is unknown then: its commands may have run, or not.
    assert replace(left, engines={}) == replace(before, engines={})
