"""A preview shows every setting that is changed: on the component that it is about, and on a resource."""

import json

import pytest

from tests.settings.preview import Shown
from tests.settings.replaced import replaced
from tests.settings.rows import GONE
from tests.settings.table import CHANGES
from tests.settings.together import REPLACES, Changed, in_few_runs


@pytest.fixture(scope="module")
def runs() -> list[Changed]:
    """All changes, several at once."""
    return in_few_runs(CHANGES)


def test_every_changed_setting_shows_on_its_component_and_on_a_resource(runs: list[Changed]) -> None:
    assert {setting: shown for run in runs for setting, shown in run.hidden.items()} == {}
    assert {setting for run in runs for setting in run.shown} == {change.setting for change in CHANGES}


@pytest.mark.slow
def test_every_setting_that_is_changed_alone_shows_on_its_component_and_on_a_resource() -> None:
    """As above with a run for each: no other change helps."""
    wrong: dict[str, list[Shown]] = {}
    for change in CHANGES:
        (alone,) = in_few_runs([change])
        assert replaced(alone.before, alone.after) == REPLACES.get(change.setting, set()), change.setting
        wrong |= alone.hidden
    assert wrong == {}


def test_resources_that_show_a_changed_setting_are_no_components(runs: list[Changed]) -> None:
    kinds = {name: kind for run in runs for engine in (run.before, run.after) for name, kind in engine.types.items()}
    assert [change.setting for change in CHANGES if kinds[change.resource].startswith("nuvla:")] == []


def test_changed_settings_replace_no_service_but_the_three_that_say_so(runs: list[Changed]) -> None:
    """The provider removes a service that it replaces first, on all machines at once."""
    wrong = {}
    for run in runs:
        expected = {name for change in run.changes for name in REPLACES.get(change.setting, set())}
        found = replaced(run.before, run.after), replaced(run.after, run.before)
        if found != (expected, expected):
            wrong[", ".join(change.setting for change in run.changes)] = found
    assert wrong == {}


def test_inputs_of_components_are_plain_and_known_after_every_change(runs: list[Changed]) -> None:
    """Neither a secret nor an unknown is in them."""
    wrong = {
        name: run.after.given[name]
        for run in runs
        for name in run.after.components()
        if json.loads(json.dumps(run.after.given[name])) != run.after.inputs(name)
    }
    assert wrong == {}


def test_components_of_changed_settings_are_deleted_by_a_switch_alone(runs: list[Changed]) -> None:
    deleted = {
        change.setting
        for run in runs
        for change in run.changes
        if change.setting in run.shown and change.component not in run.after.options
    }
    assert deleted == {change.setting for change in CHANGES if change.on_component == GONE}
    assert {"monitoring.enabled", "nfs.enabled", "s3.enabled"} <= deleted
    assert {setting for setting in deleted if not setting.endswith(".enabled")} == set()
