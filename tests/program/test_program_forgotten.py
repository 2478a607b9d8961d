"""Of a machine that is lost nothing is asked, whatever else is taken away in the same update."""

from typing import Any

import pytest

from tests.program.runs import run
from tests.program.test_program_transitions import HOSTS, ON_BLOCK, assert_unchanged, stands
from tests.support.configs import changed, secrets_for, without
from tests.support.fake_pulumi import FakePulumi

FILES = changed(HOSTS, "nfs.machine", "worker-1")
ON_A_WORKER = changed(changed(ON_BLOCK, "nfs.machine", "worker-1"), "volumes.retain_on_destroy", True)
OFF = {"nfs": {"enabled": False}, "s3": {"enabled": False}}
LOST = changed(FILES, "machines.lost", ["worker-1"])
ELSEWHERE = changed(LOST, "nfs.machine", "manager-1")

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "the files are switched off": (
        FILES,
        LOST | OFF,
        {"nfs-packages-worker-1", "nfs-entry-manager-1", "nfs-entry-worker-1", "nfs-entry-worker-2"},
    ),
    "the files are elsewhere, and another machine goes": (
        FILES,
        without(ELSEWHERE, "machines.pools.worker.hosts.2"),
        {"nfs-entry-worker-2"},
    ),
    "the files are elsewhere": (FILES, ELSEWHERE, set()),
    "a volume that is kept is not wanted any more": (
        ON_A_WORKER,
        changed(without(ON_A_WORKER, "volumes.nfs"), "machines.lost", ["worker-1"]) | OFF,
        {"nfs-data-folder", "nfs-packages-worker-1", "nfs-entry-manager-1", "nfs-entry-worker-1", "nfs-entry-worker-2"},
    ),
}


def undone(before: FakePulumi, after: FakePulumi) -> set[str]:
    """Commands that the engine would undo over the connection of before."""
    taken = {urn.rpartition("::")[2] for request in after.options.values() for urn in former(request)}
    return {
        name
        for name in before.types
        if name not in {*after.types, *taken}
        and before.inputs(name).get("delete")
        and not before.options[name].retainOnDelete
    }


def former(request: Any) -> list[str]:
    return [alias.urn for alias in request.aliases]


def at(engine: FakePulumi, name: str) -> str:
    return str(engine.inputs(name)["connection"]["host"])


@pytest.mark.parametrize("case", CASES)
def test_removals_never_contact_a_lost_machine(case: str) -> None:
    before, after, gone = CASES[case]
    secrets = secrets_for(before)
    old = run(before, secrets=secrets).engine
    new = run(after, secrets=secrets, state=old.state_after()).engine
    dead = at(old, "worker-1-engine-install")
    assert not [name for name in undone(old, new) if at(old, name) == dead]
    forgotten = {name for name in new.types if name.endswith("-forgotten")}
    assert forgotten == {f"{name}-forgotten" for name in gone}
    for name in forgotten:
        request = new.options[name]
        assert former(request)[0].endswith(f"::{name.removesuffix('-forgotten')}")
        assert request.retainOnDelete
        assert {"delete", "connection"} <= set(request.ignoreChanges)


def test_removals_on_other_machines_are_undone() -> None:
    before, after, _ = CASES["the files are elsewhere, and another machine goes"]
    secrets = secrets_for(before)
    old = run(before, secrets=secrets).engine
    new = run(after, secrets=secrets, state=old.state_after()).engine
    assert undone(old, new) == {"nfs-packages-worker-2", "worker-2-before", "worker-2-membership-join"}


def test_forgotten_resources_stay_until_the_machine_is_back() -> None:
    before, lost, _ = CASES["the files are switched off"]
    secrets = secrets_for(before)
    states = [stands(before)]
    engines = []
    for document in (lost, lost, FILES | OFF):
        engines.append(run(document, secrets=secrets, state=states[-1]).engine)
        states.append(
            engines[-1].state_after()
            | {
                f"urn:pulumi:test::nuvla-swarm::command:remote:Command::{name}": old
                for name in engines[-1].types
                if name.endswith("-forgotten")
                for urn, old in {**states[-1]}.items()
                if urn.rpartition("::")[2] in (name, name.removesuffix("-forgotten"))
            }
        )
    assert_unchanged(engines[0], engines[1])
    assert not [former(request) for name, request in engines[1].options.items() if former(request)]
    assert not [name for name in engines[2].types if name.endswith("-forgotten")]


def test_forgotten_resources_of_two_losses_have_distinct_names() -> None:
    before, lost, gone = CASES["the files are switched off"]
    state = stands(before)
    left = {f"{urn}-forgotten": one for urn, one in state.items() if urn.endswith("::nfs-packages-worker-1")}
    new = run(lost, secrets=secrets_for(before), state=state | left).engine
    (old,) = (urn.removesuffix("-forgotten") for urn in left)
    assert former(new.options["nfs-packages-worker-1-forgotten-forgotten"]) == [old]
    assert former(new.options["nfs-packages-worker-1-forgotten"]) == []
    assert len([name for name in new.types if name.endswith("-forgotten")]) == len(gone) + 1
