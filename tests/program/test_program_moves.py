"""A volume goes to another machine, or was to: what has to be done again for it, whatever was done before."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.program.runs import run
from tests.program.test_program_growth import resources
from tests.support.configs import changed, excepted, existing, exoscale, host, secrets_for, target
from tests.support.fake_pulumi import FakePulumi

pytestmark = pytest.mark.thorough

State = dict[str, Any]
SERVED_BY_1 = exoscale(workers=2, volumes={"nfs": {"block_storage": True}}, nfs={"machine": "worker-1"})
SERVED_BY_2 = changed(SERVED_BY_1, "nfs.machine", "worker-2")
HANDED = ("nfs-idle", "nfs-hand-over")
ENTRIES = {f"nfs-entry-{name}" for name in ("manager-1", "worker-1", "worker-2")}
SERVES = {"nfs-data-folder", "nfs-server", "s3-service", "s3-gateway-service", "s3-converged"} | ENTRIES
FROZEN = "stdin"  # is ignored of a command that stays as the state has it


def up(document: dict[str, Any], state: State | None = None) -> FakePulumi:
    return run(document, secrets=secrets_for(document), state=state).engine


def states(*documents: dict[str, Any]) -> State:
    """The state after an `up` with each of these, one after the other."""
    state: State | None = None
    for document in documents:
        state = up(document, state).state_after()
    assert state
    return state


def interrupted(before: State, document: dict[str, Any], *done: str) -> State:
    """The state of before, with what the next `up` did of these resources before it was killed."""
    after = up(document, before).state_after()
    return before | {urn: one for urn, one in after.items() if urn.rpartition("::")[2] in done}


def touched(last: FakePulumi, now: FakePulumi, state: State) -> set[str]:
    """Names of what is new or changes, where the state has what `last` made."""
    had = {urn.rpartition("::")[2] for urn in state}
    old, new = resources(last), resources(now)
    noted = {name for name in new if name.endswith("-moves")}
    return {
        name
        for name in new.keys() - noted
        if name not in had or (old.get(name) != new[name] and FROZEN not in now.options[name].ignoreChanges)
    } | {name for name in noted if now.outputs[name]["input"] != _noted(state, name)}


def _noted(state: State, name: str) -> Any:
    return next((one["outputs"]["input"] for urn, one in state.items() if urn.endswith(f"::{name}")), None)


def asked(engine: FakePulumi, names: Iterable[str] = HANDED) -> list[tuple[str, list[str]]]:
    """Of each command: the machine that runs it, and why it runs again."""
    return [(engine.inputs(name)["connection"]["host"].partition(":")[2], engine.triggers(name)) for name in names]


@pytest.mark.parametrize("document", [SERVED_BY_1, target(), host(), existing()])
def test_stack_without_a_move_has_no_move_resources(document: dict[str, Any]) -> None:
    state = states(document)
    for engine in (up(document), up(document, state)):
        assert not [name for name in engine.types if "moves" in name or "hand-over" in name]
    assert touched(up(document), up(document, state), state) == set()


def test_move_is_recorded_before_it_begins() -> None:
    engine = up(SERVED_BY_2, states(SERVED_BY_1))
    for name in (*HANDED, "nfs-packages-worker-1", *(SERVES - {"s3-converged"})):
        assert "nfs-moves" in engine.dependencies(name), name
    assert set(HANDED) <= engine.dependencies("worker-1")
    assert asked(engine) == [("manager-1", ["1"]), ("worker-1", ["1"])]


def test_finished_move_changes_nothing_in_the_next_update() -> None:
    before = states(SERVED_BY_1)
    moved = up(SERVED_BY_2, before)
    state = moved.state_after()
    again = up(SERVED_BY_2, state)
    assert touched(moved, again, state) == set()
    third = again.state_after()
    assert touched(again, up(SERVED_BY_2, third), third) == set()


@pytest.mark.parametrize("done", [(), ("nfs-idle",), HANDED])
def test_aborted_move_is_served_again_by_the_first_machine(done: tuple[str, ...]) -> None:
    before = up(SERVED_BY_1)
    state = interrupted(before.state_after(), SERVED_BY_2, "nfs-moves", *done)
    back = up(SERVED_BY_1, state)
    assert touched(before, back, state) == {"nfs-moves", *SERVES}
    assert (
        asked(back, ["nfs-server", "nfs-data-folder"])
        == [("worker-1", ["worker-1-id", "worker-1-id", "nfs-volume-id", "2"])] * 2
    )
    assert back.inputs("s3-service") != before.inputs("s3-service"), "it may have been stopped"
    after = back.state_after()
    assert touched(back, up(SERVED_BY_1, after), after) == set()


def test_retried_move_has_the_same_number() -> None:
    state = interrupted(states(SERVED_BY_1), SERVED_BY_2, "nfs-moves", "nfs-idle")
    again = up(SERVED_BY_2, state)
    assert asked(again) == [("manager-1", ["1"]), ("worker-1", ["1"])]
    assert "nfs-moves" not in touched(again, again, state)


def test_reverted_move_gets_a_new_number_later() -> None:
    state = interrupted(states(SERVED_BY_1), SERVED_BY_2, "nfs-moves", *HANDED)
    state = up(SERVED_BY_1, state).state_after()
    again = up(SERVED_BY_2, state)
    assert asked(again) == [("manager-1", ["3"]), ("worker-1", ["3"])]
    assert set(HANDED) <= again.dependencies("worker-1")


def test_interrupted_revert_does_not_count_as_a_finished_move() -> None:
    """What mounted the volume again is in the state only after it is there that this was another move."""
    state = interrupted(states(SERVED_BY_1), SERVED_BY_2, "nfs-moves", *HANDED)
    back = up(SERVED_BY_1, state)
    assert all("nfs-moves" in back.dependencies(name) for name in ("nfs-data-folder", "nfs-server"))
    again = up(SERVED_BY_2, interrupted(state, SERVED_BY_1, "nfs-moves", "nfs-data-folder"))
    assert asked(again) == [("manager-1", ["3"]), ("worker-1", ["3"])]


def test_every_move_is_handed_over_by_the_current_machine() -> None:
    state, found = states(SERVED_BY_1), []
    for document in (SERVED_BY_2, SERVED_BY_1, SERVED_BY_2):
        engine = up(document, state)
        assert not [name for name in HANDED if engine.options[name].ignoreChanges]
        found.append(asked(engine, ["nfs-hand-over"])[0])
        state = engine.state_after()
    assert found == [("worker-1", ["1"]), ("worker-2", ["2"]), ("worker-1", ["3"])]


def test_move_from_a_lost_machine_is_counted() -> None:
    """Nothing is asked of that one, and the machine that mounted it then has to let it go later."""
    lost = changed(SERVED_BY_1, "machines.lost", ["worker-2"])
    state = states(SERVED_BY_1, SERVED_BY_2, lost, SERVED_BY_1)
    assert asked(up(SERVED_BY_2, state)) == [("manager-1", ["3"]), ("worker-1", ["3"])]


def test_aborted_monitoring_move_remounts_data_and_restarts_the_service() -> None:
    by_1 = exoscale(volumes={"grafana": {"block_storage": True}}, monitoring={"machine": "worker-1"})
    by_2 = excepted(changed(by_1, "monitoring.machine", "worker-2"), "data-left-behind")
    before = up(by_1)
    state = interrupted(before.state_after(), by_2, "grafana-moves", "grafana-idle", "grafana-hand-over")
    back = up(by_1, state)
    expected = {"grafana-moves", "grafana-data-folder", "grafana-service", "monitoring-converged"}
    assert touched(before, back, state) == expected
    assert asked(up(by_2, back.state_after()), ["grafana-hand-over"]) == [("worker-1", ["3"])]


def test_aborted_removal_of_a_volume_is_remounted() -> None:
    kept = changed(SERVED_BY_1, "volumes.retain_on_destroy", True)
    left = changed(kept, "volumes.nfs.block_storage", False)
    before = up(kept)
    state = interrupted(before.state_after(), left, "nfs-moves", *HANDED)
    assert touched(before, up(kept, state), state) == {"nfs-moves", *SERVES}
    done = up(left, before.state_after())
    assert touched(done, up(left, done.state_after()), done.state_after()) == set()


def test_aborted_move_of_a_host_serves_again() -> None:
    """Its data stay there, so nothing is unmounted; but the server of before stops first."""
    by_1 = existing(nfs={"machine": "worker-1"})
    by_2 = excepted(changed(by_1, "nfs.machine", "worker-2"), "data-left-behind")
    before = up(by_1)
    assert "nfs-moves" in up(by_2, before.state_after()).dependencies("nfs-packages-worker-1")
    for done in ((), ("nfs-packages-worker-1",)):
        state = interrupted(before.state_after(), by_2, "nfs-moves", *done)
        back = up(by_1, state)
        assert touched(before, back, state) == {"nfs-moves", *SERVES}
    moved = up(by_2, before.state_after())
    assert touched(moved, up(by_2, moved.state_after()), moved.state_after()) == set()


def test_folders_on_hosts_are_not_counted_as_moves() -> None:
    by_1 = existing(monitoring={"machine": "worker-1"})
    engine = up(excepted(changed(by_1, "monitoring.machine", "worker-2"), "data-left-behind"), states(by_1))
    assert not [name for name in engine.types if "moves" in name]


def test_local_machines_are_replaced_when_a_volume_moves() -> None:
    by_1 = target(nfs={"machine": "worker-1"})
    by_2 = changed(by_1, "nfs.machine", "worker-2")
    engine = up(by_2, states(by_1))
    assert not [name for name in engine.types if "moves" in name]
    for name in ("worker-1", "worker-2"):
        assert engine.inputs(name)["volumes"] != up(by_1).inputs(name)["volumes"], "another one of these replaces it"


def test_disabled_and_enabled_nfs_is_not_a_move() -> None:
    on = existing(nfs={"machine": "worker-1"})
    off = existing(nfs={"enabled": False}, s3={"enabled": False})
    engine = up(on, states(on, off))
    assert not [name for name in engine.types if "moves" in name]
