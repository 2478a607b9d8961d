"""What is true of machines is read from what has happened to them, not from what an update was going to do."""

from typing import Any

import pytest

from components.machines.cluster import MADE
from stacks import prior_state, transitions, turns
from stacks.plan import plan
from tests.program.runs import run
from tests.program.test_program_transitions import (
    HOSTS,
    ON_BLOCK,
    THREE_HOSTS,
    gone,
    hosts,
    refusing,
    stands,
    with_host,
)
from tests.settings.loading import taken
from tests.support.configs import changed, exoscale, host, secrets_for, target
from tests.support.half_way import failed
from tests.support.rows import rows

pytestmark = pytest.mark.thorough
OTHER = "ssh-ed25519 OTHER"
TEMPLATE = {"name": "Linux Ubuntu 22.04 LTS 64-bit", "id": "11111111-2222-3333-4444-555555555555"}
WORKERS = "machines.pools.worker.template"


def announced(before: dict[str, Any], after: dict[str, Any], *done: str) -> dict[str, Any]:
    """The state after an update that said what it was going to do, and did no more than these resources."""
    old, new = stands(before), stands(after)
    said = {urn for urn in new if urn.endswith(("::cluster", "::cluster-outputs", *(f"::{name}" for name in done)))}
    return old | {urn: new[urn] for urn in said}


def test_host_that_was_reinstalled_is_no_member_until_it_has_joined_again() -> None:
    again = with_host(THREE_HOSTS, "manager-2", host_key=OTHER)
    state = announced(THREE_HOSTS, again, "manager-2-before")
    both = with_host(again, "manager-3", host_key=OTHER)
    assert list(refusing(THREE_HOSTS, both, state)) == ["manager-majority"]
    known = transitions.without_reinstalled(taken(again), prior_state.parse(state))
    assert set(known.reinstalled) == {"manager-2"}
    joined = announced(THREE_HOSTS, again, "manager-2-before", "manager-2-membership-join")
    assert refusing(THREE_HOSTS, again, joined) == {}
    assert not transitions.without_reinstalled(taken(again), prior_state.parse(joined)).reinstalled


def test_update_works_through_a_manager_that_is_in_the_swarm() -> None:
    first = with_host(THREE_HOSTS, "manager-1", host_key=OTHER)
    engine = run(first, secrets={"ssh_private_key": "KEY"}, state=announced(THREE_HOSTS, first)).engine
    assert engine.inputs("swarm-init")["connection"]["host"] == "198.51.100.2"


def test_host_that_was_to_leave_keeps_its_name_until_it_has_left() -> None:
    left = hosts(manager={"1": 1}, worker={"1": 11})
    back = hosts(manager={"1": 1}, worker={"1": 11, "3": 12})
    assert list(refusing(HOSTS, back, announced(HOSTS, left))) == ["host-name"]
    away = announced(HOSTS, left)
    assert refusing(HOSTS, back, {urn: one for urn, one in away.items() if "::worker-2-" not in urn}) == {}
    lost = changed(HOSTS, "machines.lost", ["worker-2"])
    assert refusing(HOSTS, lost, announced(HOSTS, left)) == {}, "it exists"


def test_hosts_of_a_first_update_that_failed_keep_their_names() -> None:
    begun = {urn: one for urn, one in stands(HOSTS).items() if urn.endswith("-before")}
    renamed = hosts(manager={"1": 1}, worker={"1": 11, "3": 12})
    assert list(refusing(HOSTS, renamed, begun)) == ["host-name"]


@rows("role", ["manager", "worker"])
def test_member_has_its_former_role_until_it_has_the_new_one(role: str) -> None:
    """A majority counts managers that are managers."""
    other = "worker" if role == "manager" else "manager"
    before = target(managers=3, swarm={"api_manager": "manager-1"}, nfs={"machine": "worker-1"})
    before = changed(changed(before, "monitoring", {"machine": "manager-1"}), "machines.pools.worker.role", role)
    before = changed(before, "nfs", {"machine": "manager-1"})
    after = changed(before, "machines.pools.worker.role", other)
    memberships = ("worker-1-membership", "worker-1-membership-outputs")
    started = prior_state.parse(announced(before, after, *memberships))
    assert started.members["worker-1"].role == role
    ended = prior_state.parse(announced(before, after, *memberships, "worker-1-membership-active"))
    assert ended.members["worker-1"].role == other


def test_data_are_where_they_were_until_their_folder_is_elsewhere() -> None:
    engine = run(target(nfs={"machine": "worker-1"})).engine
    assert "nfs-data-folder" in engine.dependencies("nfs-data-outputs")


def test_instance_has_its_system_until_it_is_replaced() -> None:
    before = exoscale(workers=2)
    after = changed(before, WORKERS, TEMPLATE)
    state = announced(before, after, "worker-1")
    assert prior_state.parse(state).systems == {
        "manager-1": "ch-gva-2 00000000-0000-4000-8000-000000000001",
        "worker-1": f"ch-gva-2 {TEMPLATE['id']}",
        "worker-2": "ch-gva-2 00000000-0000-4000-8000-000000000001",
    }
    # Also where the outputs of engines are forgotten, whose settings changed in the same update.
    forgotten = {urn: {**one, "outputs": {}} if "nuvla:engine:Engine" in urn else one for urn, one in state.items()}
    settings, prior = taken(after), prior_state.parse(forgotten)
    found = turns.turns(settings, turns.builds(settings, plan(settings, prior)), prior)
    assert found.replaces("worker-2")
    assert not found.replaces("worker-1")
    assert gone(before, "worker-2").keys() < state.keys()


@rows("provider", ["local", "exoscale"])
def test_volumes_are_retained_when_all_of_them_are(provider: str) -> None:
    """Pulumi deletes a volume that leaves as the last update left it, which may have stopped before."""
    before = target() if provider == "local" else ON_BLOCK
    kept = changed(before, "volumes.retain_on_destroy", True)
    state = stands(kept, secrets_for(kept))
    assert prior_state.parse(state).retains_volumes
    stopped = announced(before, kept, "nfs-volume")
    assert not prior_state.parse(stopped).retains_volumes
    record = run(kept, secrets=secrets_for(kept)).engine.dependencies(MADE)
    assert "nfs-volume" in record
    taken_back = announced(kept, before)
    assert not prior_state.parse(taken_back).retains_volumes


@rows("setting", ["pulumi_protect", "destroy_protection"])
def test_machines_are_protected_until_none_of_them_is(setting: str) -> None:
    """Pulumi refuses what it would refuse after the last update that came to its end, or might after this one."""
    free, fewer = exoscale(workers=2), exoscale(workers=1)
    kept = changed(free, f"machines.{setting}", True)
    assert list(refusing(free, fewer, announced(kept, free))) == ["protection"]
    assert refusing(free, fewer, announced(kept, free, MADE)) == {}
    assert list(refusing(free, fewer, announced(free, kept))) == ["protection"]
    record = run(free, secrets=secrets_for(free)).engine.dependencies(MADE)
    assert {"manager-1", "worker-1", "worker-2"} <= record


@rows("kind", ["target", "host"])
def test_kind_is_that_of_a_first_update_that_failed(kind: str) -> None:
    before, other = (target(), {"kind": "host"}) if kind == "target" else (host(), {"kind": "target"})
    engine = run(before).engine
    left = failed({}, None, engine, "swarm-init")
    assert "kind" in refusing(before, before | other, left.state)
    assert refusing(before, before, left.state, builds=False) == {}
    nothing = failed({}, None, engine, "cluster-network")
    assert "kind" not in refusing(before, before | other, nothing.state, builds=False), "there are no machines"


def test_host_counts_as_back_when_anything_has_run_there_again() -> None:
    """An update that fails elsewhere has run commands there, which run again after the next loss."""
    lost, secrets = changed(HOSTS, "machines.lost", ["worker-2"]), secrets_for(HOSTS)
    away = run(lost, secrets=secrets, state=stands(HOSTS)).engine
    back = run(HOSTS, secrets=secrets, state=away.state_after()).engine
    left = failed(away.state_after(), away, back, "worker-1-check")
    assert "worker-2-check" in left.done
    again = run(lost, secrets=secrets, state=left.state).engine
    second = run(HOSTS, secrets=secrets, state=again.state_after()).engine
    assert second.triggers("worker-2-check") == ["2"]


@rows("document", [THREE_HOSTS, target(managers=3), exoscale(managers=3)], ids=["existing", "local", "exoscale"])
def test_member_is_one_until_it_has_left_the_swarm(document: dict[str, Any]) -> None:
    """Pulumi may have forgotten what a membership says, and removes first the record of it."""
    state = stands(document, secrets_for(document))
    left = {
        urn: {**one, "outputs": {}} if urn.endswith("::manager-3-membership") else one
        for urn, one in state.items()
        if not urn.endswith("::manager-3-membership-outputs")
    }
    assert prior_state.parse(left).members == prior_state.parse(state).members
    joined = {urn: one for urn, one in left.items() if not urn.endswith("::manager-3-membership-join")}
    assert "manager-3" not in prior_state.parse(joined).members


def test_engine_is_as_new_as_its_packages() -> None:
    """An engine that failed to take its settings may have run, and no older one reads what it wrote."""
    older, newer = (target() | {"engine": {"source": "docker.com", "version": one}} for one in ("28.5.1", "29.0.0"))
    state = announced(older, newer, "manager-1-engine-install")
    for name, outputs in {"manager-1-engine": {}, "manager-1-engine-configure": {"stdout": "28.5.1\nMon"}}.items():
        [urn] = [urn for urn in state if urn.endswith(f"::{name}")]
        state[urn] = {**state[urn], "outputs": outputs}
    assert prior_state.parse(state).engines["manager-1"].version == "28.5.1"
    assert list(refusing(older, older, state)) == ["engine-major"]
    assert refusing(older, newer, state, builds=False) == {}
