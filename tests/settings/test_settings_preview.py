"""The real engine's preview tells every changed setting: on its component, and on a resource that it changes."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import settings
from tests.e2e.harness import Result, Stack, stack
from tests.settings.changes import SMTP, Change
from tests.settings.lines import CREATED, DELETED, NOTHING, ON_TARGETS, REFUSED, SHOWN
from tests.settings.preview import Shown, shown
from tests.support.configs import NAMESPACE, changed

NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
Seen = Callable[[str], dict[str, Shown]]

# Settings that are changed in one preview, as each takes seconds: what hides another's lines is in another one.
GROUPS = {
    "lost": ["machines.lost"],
    "machines": ["machines.image", "machines.privileged", "machines.pools.<pool>.role"],
    "managers": ["machines.pools", "engine.certificate_generation"],
    "ranges": ["machines.ssh.public_key", "engine.address_pools"],
    "off": ["monitoring.enabled", "nfs.enabled", "s3.enabled", "machines.pools.<pool>.availability"],
}
SHOWN_ON_TARGETS = [change for change in ON_TARGETS if change.setting not in REFUSED]
GROUPS["rest"] = [change.setting for change in SHOWN_ON_TARGETS if change.setting not in chain(*GROUPS.values())]


# Of two values, the other one where the stack has the one of the change.
OTHERWISE = {"machines.privileged": True, "nfs.server_kind": "kernel"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target that was up and of which only the state is left: a preview needs none of its machines."""
    with stack("settings", Path(tmp_path_factory.mktemp("settings")), everything()) as made:
        result = made.up()
        assert result.code == 0, result.text
        made.remove()
        assert made.leftovers() == []
        yield made


def everything() -> dict[str, Any]:
    """A target with all that it can have, on one manager and one worker."""
    smtp = SMTP["monitoring.smtp"]
    return settings("10.82.0.0/16", 1) | {"monitoring": {"smtp": smtp}, "nfs": {"server_kind": "ganesha"}, "s3": {}}


@pytest.fixture(scope="module")
def unchanged(base: Stack) -> Result:
    """A preview of the settings that the stack was made with."""
    return base.preview()


@pytest.fixture(scope="module")
def seen(base: Stack) -> Seen:
    """What a preview shows of all changes of one group, by resource."""

    @cache
    def preview(group: str) -> dict[str, Shown]:
        before = base.file.read_text(encoding="utf-8")
        change_settings(base, [change for change in ON_TARGETS if change.setting in GROUPS[group]])
        result = base.preview("--diff")
        base.file.write_text(before, encoding="utf-8")
        assert result.code == 0, result.text
        return shown(result.text)

    return preview


def change_settings(base: Stack, changes: list[Change]) -> None:
    """Gives all these settings their other value in the stack's file."""
    stored = yaml.safe_load(base.file.read_text(encoding="utf-8"))["config"]
    before: dict[str, Any] = {key.removeprefix(f"{NAMESPACE}:"): section for key, section in stored.items()}
    after = before
    for path, value in [item for change in changes for item in change.also.items()]:
        after = changed(after, path, value)
    for change in changes:
        has_it = changed(before, change.path, change.value) == before
        after = changed(after, change.path, OTHERWISE[change.setting] if has_it else change.value)
    for section in after:
        if after[section] != before.get(section):
            base.set(section, after[section])
    for key, text in [item for change in changes for item in change.secrets.items()]:
        base.must("pulumi", "config", "set", "--secret", f"{NAMESPACE}:{key}", text)


def has(resource: Shown, line: str) -> bool:
    pattern = re.compile(".*".join(map(re.escape, line.split("*"))))
    return any(pattern.fullmatch(change) for change in resource.changes)


def test_every_setting_that_can_be_changed_has_its_lines() -> None:
    assert list(SHOWN) == [change.setting for change in SHOWN_ON_TARGETS]
    assert set(REFUSED) < {change.setting for change in ON_TARGETS}


@pytest.mark.parametrize("setting", REFUSED)
def test_a_setting_that_a_swarm_cannot_survive_is_refused_in_its_preview(base: Stack, setting: str) -> None:
    before = base.file.read_text(encoding="utf-8")
    change_settings(base, [change for change in ON_TARGETS if change.setting == setting])
    result = base.preview()
    base.file.write_text(before, encoding="utf-8")
    assert result.code != 0
    assert f"nuvla-swarm:{setting}: {REFUSED[setting]}" in result.text
    assert "Traceback" not in result.text
    assert result.touched() == set()


def test_a_preview_without_a_change_says_so(unchanged: Result) -> None:
    assert unchanged.code == 0, unchanged.text
    assert unchanged.touched() == set()
    assert unchanged.count("unchanged") > 50


@pytest.mark.parametrize("change", SHOWN_ON_TARGETS, ids=lambda change: change.setting)
def test_a_changed_setting_is_told_by_its_component_and_by_a_resource(seen: Seen, change: Change) -> None:
    (group,) = [name for name, together in GROUPS.items() if change.setting in together]
    on_component, on_resource = SHOWN[change.setting]
    component, resource = seen(group)[change.component], seen(group).get(change.resource, Shown("none"))
    assert component.operation == ("delete" if on_component == DELETED else "update")
    assert on_component == DELETED or has(component, on_component), component
    if on_resource == NOTHING:
        return
    if on_resource in (CREATED, DELETED):
        assert resource.operation == ("create" if on_resource == CREATED else "delete")
    else:
        assert has(resource, on_resource), resource


def test_a_network_is_replaced_together_with_the_services_on_it(seen: Seen) -> None:
    for name in ("public-network-network", "traefik-service"):
        assert seen("rest")[name].operation == "replace"


def test_a_preview_needs_no_engine(base: Stack, unchanged: Result) -> None:
    result = base.preview(env=NO_ENGINE)
    assert result.code == 0, result.text
    assert result.touched() == {"local-engine"}, "only where machines are made has changed"
    assert result.count("unchanged") == unchanged.count("unchanged") - 1


def test_the_first_preview_needs_no_engine(tmp_path: Path, unchanged: Result) -> None:
    with stack("settings-first", tmp_path, everything()) as made:
        result = made.preview(env=NO_ENGINE)
    assert result.code == 0, result.text
    assert result.count("to create") == unchanged.count("unchanged")
