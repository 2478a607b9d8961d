"""Every setting: described, with a default that is allowed, and with bounds that are kept on both sides."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from docs.settings_table import Setting, is_section, settings
from stacks.config.loader import SECRETS
from stacks.config.settings import Settings
from tests.settings import cases, cases_machines
from tests.settings.cases import BASES, OBJECT, Case, concrete
from tests.settings.loading import load, mistakes
from tests.support.configs import changed, secrets_for, steps, without

SETTINGS = {setting.path: setting for setting in settings()}
CASES = [*cases.CASES, *cases_machines.CASES]


def named(setting: Setting) -> str:
    return setting.path


def in_use(setting: str) -> dict[str, Any]:
    """A configuration in which the setting can be given, with all that it takes."""
    case = next(case for case in CASES if case.setting == setting)
    return with_all(BASES[case.base], case.also)


def test_no_setting_is_missing_from_the_cases() -> None:
    assert sorted(case.setting for case in CASES) == sorted(SETTINGS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.setting)
def test_the_cases_have_values_at_each_bound_of_the_model(case: Case) -> None:
    schema = SETTINGS[case.setting].schema
    bad = [one[0] for one in case.bad]
    for index, (key, outside) in enumerate((("minimum", -1), ("maximum", 1))):
        if key in schema:
            assert schema[key] in (case.bounds[index : index + 1] if case.bounds else case.good)
            assert schema[key] + outside in bad
    assert set(schema.get("enum", [])) <= {*case.good, *case.elsewhere} if "enum" in schema else True
    if "minItems" in schema:
        assert [len(one) for one in case.good if len(one) == schema["minItems"]]
        assert [one for one in bad if isinstance(one, list) and len(one) == schema["minItems"] - 1]
    assert case.good or is_section(SETTINGS[case.setting])
    assert case.bad


@pytest.mark.parametrize(
    ("case", "given"), [pytest.param(c, v, id=f"{c.setting}-{v}"[:60]) for c in CASES for v in c.good]
)
def test_a_value_within_the_bounds_is_taken(case: Case, given: Any) -> None:
    document = with_all(BASES[case.base], case.also)
    secrets = secrets_for(document) | dict(case.secrets)
    found: Any = load(changed(document, case.path, given), secrets).model_dump(mode="json", exclude_unset=True)
    for step in steps(case.path):
        found = found[step]
    assert found == given


@pytest.mark.parametrize(
    ("case", "mistake"), [pytest.param(c, m, id=f"{c.setting}-{m[0]}"[:60]) for c in CASES for m in c.bad]
)
def test_a_value_outside_the_bounds_is_refused_with_what_is_allowed(case: Case, mistake: tuple[Any, ...]) -> None:
    given, allowed, path, value = (*mistake, case.path, mistake[0]) if len(mistake) == 2 else mistake
    expected = f"{path}: {value if _is_cross_check(allowed) else json.dumps(value)} given; allowed: {allowed}"
    document = with_all(BASES[case.base], case.also)
    secrets = secrets_for(document) | dict(case.secrets)
    assert mistakes(changed(document, case.path, given), secrets) == [expected]


def with_all(document: dict[str, Any], also: Mapping[str, Any]) -> dict[str, Any]:
    for path, value in also.items():
        document = changed(document, path, value)
    return document


def _is_cross_check(allowed: str) -> bool:
    return allowed.startswith("more than first") or "taken by" in allowed or "firewall.ephemeral" in allowed


@pytest.mark.parametrize("setting", [s for s in SETTINGS.values() if s.field.is_required()], ids=named)
def test_a_setting_without_a_default_is_required_with_what_it_is(setting: Setting) -> None:
    document = in_use(setting.path)
    expected = f"{concrete(setting.path)}: not given; required: {setting.field.description}"
    assert expected in mistakes(without(document, concrete(setting.path)), secrets_for(document))


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=named)
def test_a_setting_says_in_few_words_what_it_is(setting: Setting) -> None:
    description = setting.field.description or ""
    assert 8 <= len(description) <= 90
    assert not description.endswith(".")


@pytest.mark.parametrize("setting", [s for s in SETTINGS.values() if s.schema.get("default") is not None], ids=named)
def test_a_default_may_as_well_be_given(setting: Setting) -> None:
    path, document = concrete(setting.path), in_use(setting.path)
    given = changed(document, path, setting.schema["default"])
    secrets = secrets_for(document)
    assert load(given, secrets) == load(without(given, path), secrets)


def test_only_what_has_no_sane_default_is_required() -> None:
    required = {path for path, setting in SETTINGS.items() if setting.field.is_required()}
    assert required == {
        "kind",
        "machines",
        "machines.provider",
        "machines.pools",
        "machines.pools.<pool>.role",
        "machines.pools.<pool>.hosts",
        "machines.pools.<pool>.hosts.<host>.address",
        "machines.pools.<pool>.hosts.<host>.host_key",
        "machines.pools.<pool>.template.id",
        "machines.template",
        "machines.template.id",
        "machines.zone",
        "firewall",
        "firewall.management",
        "engine.address_pools[0].base",
        "traefik.acme.email",
        "monitoring.smtp.host",
        "monitoring.smtp.from_address",
    }


@pytest.mark.parametrize(
    ("path", "keys"),
    [("", Settings.model_fields)]
    + [
        (inner.path.rpartition(".")[0], inner.model.model_fields)
        for inner in SETTINGS.values()
        if "." in inner.path and inner.name == next(iter(inner.model.model_fields))
    ],
)
def test_a_section_refuses_an_unknown_key_and_lists_its_own(path: str, keys: dict[str, Any]) -> None:
    place = concrete(path)
    key = f"{place}.nonsense".removeprefix(".")
    allowed = ", ".join([*keys, *([] if path else SECRETS)])
    expected = f"{key}: unknown key; allowed in {place or 'the configuration'}: {allowed}"
    document = in_use(f"{path}.{next(iter(keys))}".removeprefix("."))
    assert expected in mistakes(changed(document, key, {"secret": "unseen"}), secrets_for(document))


def test_sections_are_objects() -> None:
    sections = [path for path, setting in SETTINGS.items() if is_section(setting)]
    assert {case.setting for case in CASES if any(bad[1] == OBJECT for bad in case.bad)} >= set(sections)
