"""components/engine/changes.py: what a preview says of engines that restart."""

from components.engine.changes import announcements
from components.machines.prior_state import EngineState

OLD, NEW = (EngineState(version=version, daemon={"icc": True}) for version in ("28.5.1", "28.5.2"))


def test_another_version_names_the_machines_in_their_order() -> None:
    before = {"manager-1": OLD, "worker-1": OLD, "worker-2": OLD}
    wanted = dict.fromkeys(("worker-1", "worker-2", "manager-1"), NEW)
    assert announcements(before, wanted) == [
        "engine 28.5.1 -> 28.5.2: worker-1, worker-2, manager-1; each restarts, one at a time; about 3 min"
    ]


def test_other_settings_are_named_by_their_keys() -> None:
    other = EngineState(version="28.5.2", daemon={"icc": False, "mtu": 1400})
    assert announcements({"worker-1": NEW}, {"worker-1": other}) == [
        "settings of the engine (icc, mtu): worker-1; it restarts; about 1 min"
    ]


def test_machines_that_differ_have_a_line_each() -> None:
    newer = EngineState(version="28.5.3", daemon={})
    lines = announcements({"worker-1": OLD, "worker-2": NEW}, {"worker-1": newer, "worker-2": newer})
    assert [line.partition(";")[0] for line in lines] == [
        "engine 28.5.1 -> 28.5.3: worker-1",
        "engine 28.5.2 -> 28.5.3: worker-2",
    ]


def test_new_machines_and_engines_that_stay_say_nothing() -> None:
    assert announcements({}, {"worker-1": NEW}) == []
    assert announcements({"worker-1": NEW}, {"worker-1": NEW}) == []
