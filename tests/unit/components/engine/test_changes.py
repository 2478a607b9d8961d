"""components/engine/changes.py: what a preview says of engines that restart."""

from typing import Any

import pytest

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


def test_another_day_of_packages_is_said() -> None:
    wanted = {
        name: EngineState(version="28.5.2", daemon={"icc": True}, upgrade="2026-12-01") for name in ("a-1", "b-1")
    }
    assert announcements(dict.fromkeys(wanted, NEW), wanted) == [
        "packages of the system (2026-12-01): a-1, b-1; each restarts if the new packages need it, one at a time; "
        "about 4 min"
    ]
    assert announcements(wanted, wanted) == announcements(wanted, dict.fromkeys(wanted, NEW)) == []


@pytest.mark.parametrize(
    ("former", "said"),
    [
        ({"CA": [1, None], "proxy": None}, ["settings of the engine (CA): a-1; it restarts; about 1 min"]),
        ({"CA": [2, 1]}, []),  # of a version that did not say whether there was a proxy
        (None, []),
    ],
)
def test_certificates_that_restart_engines_are_said(former: dict[str, Any] | None, said: list[str]) -> None:
    before, after = (
        EngineState(version="28.5.2", daemon={"icc": True}, access=access)
        for access in (former, {"CA": [2, 1], "proxy": None})
    )
    assert announcements({"a-1": before}, {"a-1": after}) == said
