"""People and single machines in the whole program: keys, certificates of operators, overrides."""

from typing import Any

import pulumi
import pytest

from components.machines.ssh_settings import EXAMPLE, key_of
from stacks import prior_state
from tests.program.runs import run
from tests.support.configs import changed, existing, exoscale, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import Program, Secret, run_program
from tests.support.rows import rows
from tests.support.ssh_keys import ALICE, BOB

PROVIDERS = {"local": target(), "exoscale": exoscale(), "existing": existing()}
MACHINES = ("manager-1", "worker-1", "worker-2")


def given(document: dict[str, Any], path: str, value: Any) -> Program:
    return run(changed(document, path, value), secrets=secrets_for(document))


def alone(document: dict[str, Any]) -> FakePulumi:
    return run(document, secrets=secrets_for(document)).engine


def others(before: FakePulumi, after: FakePulumi) -> set[str]:
    """Resources of both runs that have other inputs or options that replace them."""
    return {name for name in before.given if after.given[name] != before.given[name]}


@rows("provider", list(PROVIDERS))
def test_keys_reach_every_machine_and_change_nothing_else(provider: str) -> None:
    document = PROVIDERS[provider]
    before, after = alone(document), given(document, "machines.ssh.authorized_keys", [ALICE, BOB]).engine
    assert set(after.types) - set(before.types) == {
        "authorized-keys",
        *(f"{name}-authorized-keys" for name in MACHINES),
    }
    assert others(before, after) == set()
    for name in MACHINES:
        command = after.inputs(f"{name}-authorized-keys")
        assert command["connection"]["user"] == ("ubuntu" if provider == "exoscale" else "root")
        assert command["delete"].endswith("bash -s -- remove")
        assert f"{name}-engine-install" in after.dependencies(f"{name}-authorized-keys")


def test_keys_leave_with_a_machine_that_is_destroyed() -> None:
    for provider, goes in (("local", "worker-1"), ("exoscale", "worker-1"), ("existing", "")):
        engine = given(PROVIDERS[provider], "machines.ssh.authorized_keys", [ALICE]).engine
        gone_with = engine.options["worker-1-authorized-keys"].deletedWith
        assert gone_with.rpartition("::")[2] == goes


def test_generated_key_of_the_stack_is_refused_before_anything_is_made() -> None:
    state = run(target()).engine.state_after()
    [login] = [urn for urn in state if urn.endswith("::cluster-login-key")]
    state = state | {login: state[login] | {"outputs": {"publicKeyOpenssh": f"{key_of(ALICE)}\n"}}}
    document, seen = changed(target(), "machines.ssh.authorized_keys", [BOB, ALICE]), list[FakePulumi]()
    with pytest.raises(pulumi.RunError) as refused:
        run_program(document, state=state, seen=seen.append)
    assert str(refused.value).splitlines()[1:] == [
        f"  nuvla-swarm:machines.ssh.authorized_keys[1]: {ALICE} given, which is the stack's own key; allowed: keys of "
        f"other people, such as {EXAMPLE}; the stack's own key opens every machine already (rule own-key, which has no "
        "exception)"
    ]
    assert seen[0].types == {}


@rows("provider", list(PROVIDERS))
def test_operators_are_accepted_by_managers_alone(provider: str) -> None:
    document = PROVIDERS[provider]
    before, after = alone(document), given(document, "engine.operators", ["bob", "alice"]).engine
    new = set(after.types) - set(before.types)
    assert {name.partition("-")[0] for name in new} == {"operators"}
    changed_engines = {name for name in others(before, after) if "-engine" in name}
    assert changed_engines == {"manager-1-engine", "manager-1-engine-configure"}
    cas = after.script("manager-1-engine-configure").split("TLS_CA=")[1].split("TLS_CERT=")[0]
    assert [cas.count(f"SELF-SIGNED-PEM:{name}") for name in ("certificates-ca", "operators-alice-ca")] == [1, 1]
    assert cas.index("certificates-ca") < cas.index("operators-alice-ca") < cas.index("operators-bob-ca")
    assert after.inputs("manager-1-engine")["operators"] == ["alice", "bob"]


def test_operator_that_leaves_takes_nothing_from_the_others() -> None:
    both = given(target(), "engine.operators", ["alice", "bob"]).engine
    one = given(target(), "engine.operators", ["alice"]).engine
    of_alice = {name for name in both.given if name.startswith("operators-alice")}
    assert len(of_alice) == 5
    assert {name: one.given[name] for name in of_alice} == {name: both.given[name] for name in of_alice}
    assert {name for name in both.given if name not in one.given} == {name.replace("alice", "bob") for name in of_alice}
    assert "operators-bob-ca" not in one.script("manager-1-engine-configure")


def test_outputs_have_the_certificate_of_each_operator_and_its_end() -> None:
    outputs = given(target(), "engine.operators", ["alice", "bob"]).outputs
    assert outputs["docker"]["operators"] == {
        name: {
            "ca": Secret("SELF-SIGNED-PEM:certificates-ca"),
            "cert": Secret(f"SIGNED-PEM:operators-{name}-cert"),
            "key": Secret(f"PRIVATE-KEY-PEM:operators-{name}-key"),
        }
        for name in ("alice", "bob")
    }
    assert {"operators.alice", "operators.bob", "operator", "nuvla"} <= set(outputs["certificates"])


def test_stack_without_operators_has_the_outputs_of_before(dev: Program) -> None:
    assert set(dev.outputs["docker"]) == {"endpoint", "operator", "nuvla"}


def test_ends_of_operators_are_watched() -> None:
    engine = given(target(), "engine.operators", ["alice"]).engine
    assert '"holder": "operators.alice"' in engine.inputs("prometheus-config-certificate-ends")["dataRaw"]


@rows("provider", list(PROVIDERS))
def test_override_changes_the_membership_of_its_machine_alone(provider: str) -> None:
    document = PROVIDERS[provider]
    override = {"worker-2": {"availability": "drain", "labels": {"disk": "ssd"}}}
    before, after = alone(document), given(document, "machines.overrides", override).engine
    awaited = "socket-proxy-converged"  # the number of machines that run it is another one
    assert others(before, after) == {"worker-2-membership", "worker-2-membership-active", awaited}
    assert after.inputs("worker-2-membership") == {
        "role": "worker",
        "labels": {"disk": "ssd"},
        "availability": "drain",
    }
    assert after.parameters("worker-2-membership-active")["AVAILABILITY"] == "drain"


def test_machines_are_drained_one_after_the_other_when_the_others_take_tasks() -> None:
    drained = {name: {"availability": "drain"} for name in ("worker-1", "worker-3", "manager-2")}
    engine = given(target(managers=3, workers=4), "machines.overrides", drained).engine
    step = "-membership-active"
    waits = {
        name: {one.removesuffix(step) for one in engine.dependencies(f"{name}{step}") if one.endswith(step)}
        for name in ("worker-2", *drained)
    }
    others = {"manager-1", "manager-3", "worker-2", "worker-4"}
    assert waits["worker-2"] == set()
    assert waits["manager-2"] >= others
    assert waits["worker-1"] == {*others, "manager-2"}
    assert waits["worker-3"] == {*others, "manager-2", "worker-1"}


def test_drained_machine_runs_no_awaited_services() -> None:
    drained = given(target(workers=1), "machines.overrides", {"worker-1": {"availability": "drain"}}).engine
    assert "worker-1-membership-active" not in drained.dependencies("socket-proxy-converged")


def test_ends_of_operators_are_read_from_the_state() -> None:
    state = given(target(), "engine.operators", ["alice", "bob"]).engine.state_after()
    assert prior_state.parse(state).operator_ends == dict.fromkeys(("alice", "bob"), "2027-11-29T06:00:00Z")


@rows("provider", list(PROVIDERS))
def test_cluster_is_found_in_the_state_beside_the_keys_in_any_order(provider: str) -> None:
    """The engine hands the state over as a map, in no order of its own."""
    state = given(PROVIDERS[provider], "machines.ssh.authorized_keys", [ALICE]).engine.state_after()
    expected = prior_state.parse(alone(PROVIDERS[provider]).state_after())
    for ordered in (state, dict(reversed(list(state.items())))):
        found = prior_state.parse(ordered)
        assert (found.provider, found.hosts, found.machines) == (provider, expected.hosts, frozenset(MACHINES))
        assert (found.systems, found.protected) == (expected.systems, expected.protected)
