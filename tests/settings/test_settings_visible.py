"""A preview shows every setting that is changed: on the component that it is about, and on a resource."""

import json
from functools import cache
from typing import Any

import pytest

from docs.settings_table import is_section, settings
from tests.settings import changes, changes_machines
from tests.settings.changes import Change
from tests.settings.replaced import replaced
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program

# What these switch off shows its component, and all below it, as deleted.
SWITCHED_OFF = {"monitoring.enabled", "nfs.enabled", "s3.enabled"}
CHANGES = [*changes.CHANGES, *changes_machines.CHANGES]
UNCHANGEABLE = changes.UNCHANGEABLE | changes_machines.UNCHANGEABLE
SETTINGS = {setting.path: setting for setting in settings()}
# The only changes that remove a service to make it anew, with the network that it is on: docs/kinds.md names them.
PUBLIC = {"public-network-network", "traefik-service"}
REPLACES = {
    "swarm.public_network.name": PUBLIC,
    "swarm.public_network.attachable": PUBLIC,
    "swarm.backend_network": {"backend-network-network"},
}


@cache
def _run(document: str, secrets: str, state: str = "{}") -> FakePulumi:
    return run_program(json.loads(document), secrets=json.loads(secrets), state=json.loads(state)).engine


def _before(change: Change) -> FakePulumi:
    return _run(json.dumps(change.before()), json.dumps(change.all_secrets()))


def _after(change: Change) -> FakePulumi:
    state = json.dumps(_before(change).state_after()) if change.stands else "{}"
    return _run(json.dumps(change.after()), json.dumps(change.all_secrets()), state)


def _registered(engine: FakePulumi, name: str) -> Any:
    """What the real engine compares with its state."""
    if name not in engine.options:
        return None
    options = engine.options[name]
    trigger = str(options.replacement_trigger)
    return engine.inputs(name), trigger, options.retainOnDelete, options.importId, options.protect


def test_every_setting_has_a_change_or_the_reason_why_it_has_none() -> None:
    assert {change.setting for change in CHANGES} | set(UNCHANGEABLE) == set(SETTINGS)
    assert not {change.setting for change in CHANGES} & set(UNCHANGEABLE)


@pytest.mark.parametrize("setting", UNCHANGEABLE)
def test_the_reason_for_no_change_still_holds(setting: str) -> None:
    if UNCHANGEABLE[setting] == "is another infrastructure":
        assert "enum" in SETTINGS[setting].schema
    elif UNCHANGEABLE[setting] == "is for people":
        assert setting.endswith("template.name")
    else:
        assert is_section(SETTINGS[setting])


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.setting)
def test_a_changed_setting_shows_on_its_component_and_on_a_resource(change: Change) -> None:
    before, after = _before(change), _after(change)
    assert _registered(before, change.component) != _registered(after, change.component)
    assert not before.types.get(change.resource, after.types.get(change.resource, "")).startswith("nuvla:")
    assert _registered(before, change.resource) != _registered(after, change.resource)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.setting)
def test_a_changed_setting_replaces_no_service_of_another(change: Change) -> None:
    """The provider removes one that it replaces first, on all machines at once."""
    before, after = _before(change), _after(change)
    assert replaced(before, after) == REPLACES.get(change.setting, set())
    assert replaced(after, before) == REPLACES.get(change.setting, set())


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.setting)
def test_the_components_own_inputs_are_plain_and_known(change: Change) -> None:
    engine = _after(change)
    if change.component not in engine.options:
        assert change.setting in SWITCHED_OFF
        return
    given = engine.given[change.component]
    assert json.loads(json.dumps(given)) == engine.inputs(change.component)  # neither a secret nor an unknown in it
