"""The real engine's preview tells every changed setting: on its component, and on a resource that it changes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Result, Stack, run, stack
from tests.settings.bases import SMTP, TARGET
from tests.settings.preview import Shown, hidden, shown
from tests.settings.rows import Change
from tests.settings.table import CHANGES
from tests.support.checkout import CHECKOUT
from tests.support.configs import NAMESPACE, changed
from tools.computer_settings import nested

pytestmark = [pytest.mark.engine, pytest.mark.tools("pulumi")]
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
Seen = dict[str, dict[str, Shown]]  # by the word of the changes that are made together, and by resource

PREVIEWED = [change for change in CHANGES if change.base is TARGET and not change.not_previewed]
SHOWN = [change for change in PREVIEWED if not change.refused]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target that was up and of which only the state is left: a preview needs none of its machines."""
    with stack("settings", Path(tmp_path_factory.mktemp("settings")), everything()) as made:
        take_the_distributions_engine(made)
        result = made.up()
        assert result.code == 0, result.text
        made.remove()
        assert made.leftovers() == []
        yield made


def everything() -> dict[str, Any]:
    """A target with all that it can have, on one manager and one worker."""
    return small_target_settings("10.82.0.0/16", 1) | {
        "monitoring": {"smtp": SMTP},
        "nfs": {"server": "ganesha"},
        "s3": {},
    }


def take_the_distributions_engine(made: Stack) -> None:
    """Give the machines the engine whose settings the table changes, whatever the run has chosen."""
    env = os.environ | {"NUVLA_SWARM_ENGINE": "20.10"}
    for command in ("local/build.sh", "local/settings.sh"):
        done = run(command, env=env, cwd=CHECKOUT, timeout_s=600)
        assert done.code == 0, done.text
    made.set("engine", {})
    for section, values in nested(done.text.splitlines()).items():
        for key, value in values.items():
            made.set(f"{section}.{key}", value)


@pytest.fixture(scope="module")
def unchanged(base: Stack) -> Result:
    """A preview of the settings that the stack was made with."""
    return base.preview()


@pytest.fixture(scope="module")
def seen(base: Stack) -> Seen:
    """What a preview shows by resource, of all changes that are made together: each preview takes seconds."""
    return {
        word: previewed(base, [change for change in SHOWN if change.together == word])
        for word in {change.together: None for change in SHOWN}
    }


def previewed(base: Stack, changes: list[Change]) -> dict[str, Shown]:
    """What a preview of some changes shows."""
    before = base.file.read_text(encoding="utf-8")
    change_settings(base, changes)
    result = base.preview("--diff")
    base.file.write_text(before, encoding="utf-8")
    assert result.code == 0, result.text
    return shown(result.text)


def change_settings(base: Stack, changes: list[Change]) -> None:
    """Gives all these settings their other value in the stack's file."""
    stored = yaml.safe_load(base.file.read_text(encoding="utf-8"))["config"]
    before: dict[str, Any] = {key.removeprefix(f"{NAMESPACE}:"): section for key, section in stored.items()}
    after = before
    for path, value in [item for change in changes for item in change.also.items()]:
        after = changed(after, path, value)
    for change in changes:
        has_it = changed(before, change.path, change.value) == before
        after = changed(after, change.path, change.otherwise if has_it else change.value)
    for section in after:
        if after[section] != before.get(section):
            base.set(section, after[section])
    for key, text in [item for change in changes for item in change.secrets.items()]:
        base.must("pulumi", "config", "set", "--secret", f"{NAMESPACE}:{key}", text)


def test_preview_of_an_unchanged_stack_touches_nothing(unchanged: Result) -> None:
    assert unchanged.code == 0, unchanged.text
    assert unchanged.touched() == set()
    assert unchanged.count("unchanged") > 50


def test_preview_refuses_settings_that_a_swarm_cannot_survive(base: Stack) -> None:
    refused = [change for change in PREVIEWED if change.refused]
    assert refused
    for change in refused:
        before = base.file.read_text(encoding="utf-8")
        change_settings(base, [change])
        result = base.preview()
        base.file.write_text(before, encoding="utf-8")
        assert result.code != 0, change.setting
        assert f"nuvla-swarm:{change.setting}: {change.refused}" in result.text
        assert "Traceback" not in result.text
        assert result.touched() == set(), change.setting


def test_preview_shows_every_changed_setting_on_its_component_and_on_a_resource(seen: Seen) -> None:
    missing = {
        change.setting: found
        for change in SHOWN
        if (found := hidden(change, seen[change.together], change.on_component, change.on_resource))
    }
    assert missing == {}


def test_preview_replaces_a_network_together_with_the_services_on_it(seen: Seen) -> None:
    for name in ("public-network-network", "traefik-service"):
        assert seen["rest"][name].operation == "replace"


def test_preview_needs_no_engine(base: Stack, unchanged: Result) -> None:
    result = base.preview(env=NO_ENGINE)
    assert result.code == 0, result.text
    assert result.touched() == {"local-engine"}, "only where machines are made has changed"
    assert result.count("unchanged") == unchanged.count("unchanged") - 1


def test_first_preview_needs_no_engine(tmp_path: Path, unchanged: Result) -> None:
    with stack("settings-first", tmp_path, everything()) as made:
        result = made.preview(env=NO_ENGINE)
    assert result.code == 0, result.text
    assert result.count("to create") == unchanged.count("unchanged")
