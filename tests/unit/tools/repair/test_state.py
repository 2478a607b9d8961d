"""tools/repair/state.py: what the state of a stack knows."""

from components.machines.registry import MODELS
from tests.support.stack_states import ID, PROVIDER, ROOT, component, in_state, membership, secret, state, urn
from tools.repair import nodes
from tools.repair.state import ApiManager, State, without_secret_marks


def test_empty_stack_has_neither_resources_nor_an_entry() -> None:
    empty = State("s", None)
    assert (empty.resources, empty.pending, empty.provider, empty.id) == ([], [], None, None)
    assert (empty.api_manager(), empty.swarm_provider(), empty.swarm_resources(), empty.lost()) == (None, None, [], [])


def test_provider_and_id_are_read_from_the_state() -> None:
    for cluster, provider in (("Local", "local"), ("Exoscale", "exoscale"), ("Existing", "existing")):
        assert state(cluster=cluster).provider is MODELS[provider]
    assert (state().id, state().label) == (ID, "nuvla-swarm/s")


def test_entry_has_the_plain_certificates_of_the_swarm_provider() -> None:
    assert state().api_manager() == ApiManager(host="tcp://192.0.2.7:2376", ca="CA", cert="CERT", key="KEY")
    assert state().swarm_provider() == PROVIDER


def test_only_resources_of_the_swarm_provider_are_in_the_swarm() -> None:
    known = state(in_state("services", "web"), in_state("configs", "other", provider="urn::other"))
    assert [(one.urn, one.kind, one.name, one.leaves) for one in known.swarm_resources()] == [
        (urn("services", "web"), "services", "web", False)
    ]
    assert [one.leaves for one in state(in_state("services", "web", delete=True)).swarm_resources()] == [True]


def test_waits_of_a_service_are_those_of_its_stack_that_stay() -> None:
    parent = component("services", "web")["urn"]
    waits = [
        {"urn": f"{ROOT}command:remote:Command::{name}", "type": "command:remote:Command", "parent": at} | more
        for name, at, more in (
            ("web-converged", parent, {}),
            ("old-converged", parent, {"delete": True}),
            ("web-other", parent, {}),
            ("shop-converged", "urn::shop", {}),
        )
    ]
    assert state(in_state("services", "web"), *waits).waits(urn("services", "web")) == [waits[0]["urn"]]


def test_values_lose_their_marks_of_secrets_at_any_depth() -> None:
    assert without_secret_marks({"a": secret({"b": [1, "x"]}), "c": [secret("d"), 2]}) == {
        "a": {"b": [1, "x"]},
        "c": ["d", 2],
    }


def test_member_keeps_its_role_until_it_has_another_one() -> None:
    """An update that stopped may have changed the inputs of the membership alone."""
    promoted, *commands = membership("worker-1", role="manager", labels={})
    promoted["outputs"]["public_address"] = "192.0.2.20"
    known = state(promoted, *commands)
    assert list(known.managers()) == ["worker-1"], "its role was never changed"
    for role, managers in (("worker", []), ("manager", ["worker-1"])):
        commands[-1]["inputs"]["stdin"] = secret(f"export NODE=worker-1\nexport ROLE={role}\n#!/usr/bin/env bash\n")
        again = state(promoted, *commands)
        assert list(again.managers()) == managers
        assert [member.role for member in nodes.members(again)] == [role]
