"""Every setting: its values up to its bounds and beyond them, its default and its description."""

import json
from typing import Any

from docs.settings_table import settings
from stacks.config.loader import SECRETS
from stacks.config.settings import Settings
from tests.settings.loading import mistakes, parse, refusals, says
from tests.settings.rows import SAME, concrete
from tests.settings.table import ROWS
from tests.support.configs import changed, secrets_for, steps, without

DOCUMENTS = {row.path: row.values.document() for row in ROWS}
SETTINGS = {setting.path: setting for setting in settings() if setting.path in DOCUMENTS}  # test_settings_table.py


def at(settings: Settings, path: str) -> Any:
    """What the settings that are given have at a path."""
    found: Any = settings.model_dump(mode="json", exclude_unset=True)
    for step in steps(path):
        found = found[step]
    return found


def test_good_values_are_taken_as_they_are_given() -> None:
    wrong = {}
    for row in ROWS:
        for value in row.values.good:
            found, lines = parse(changed(DOCUMENTS[row.path], concrete(row.path), value))
            if found is None or at(found, concrete(row.path)) != value:
                wrong[f"{row.path}: {value}"] = lines
    assert wrong == {}


def test_bad_values_are_refused_by_one_line_with_what_is_allowed() -> None:
    wrong = {}
    for row in ROWS:
        path = concrete(row.path)
        for bad in row.values.bad:
            shown = json.dumps(bad.value if bad.there is SAME else bad.there).replace("://me:word@", "://***@")
            lines = refusals(changed(DOCUMENTS[row.path], path, bad.value))
            if len(lines) != 1 or not says(lines[0], f"{path}{bad.at}: {shown} given; allowed: {bad.allowed}"):
                wrong[f"{row.path}: {bad.value}"] = lines
    assert wrong == {}


def test_one_bad_value_of_each_setting_stops_the_program() -> None:
    """The values are parsed alone above: here the error is raised, and nothing is registered."""
    for row in ROWS:
        document = changed(DOCUMENTS[row.path], concrete(row.path), row.values.bad[0].value)
        assert mistakes(document, secrets_for(DOCUMENTS[row.path]))[:1] == refusals(document), row.path


def test_missing_required_settings_are_refused_with_their_description() -> None:
    wrong = {}
    for path, setting in SETTINGS.items():
        if setting.field.is_required():
            lines = refusals(without(DOCUMENTS[path], concrete(path)))
            expected = f"{concrete(path)}: not given; required: {setting.field.description}"
            if not any(says(line, expected) for line in lines):
                wrong[path] = lines
    assert wrong == {}


def test_descriptions_of_settings_are_few_words_without_a_full_stop() -> None:
    descriptions = {path: setting.field.description or "" for path, setting in SETTINGS.items()}
    assert {path: text for path, text in descriptions.items() if not 8 <= len(text) <= 90 or text.endswith(".")} == {}


def test_setting_a_value_to_its_default_changes_nothing() -> None:
    wrong = {}
    for path, setting in SETTINGS.items():
        default = setting.schema.get("default")
        if default is not None:
            given = changed(DOCUMENTS[path], concrete(path), default)
            found, lines = parse(given)
            if found is None or found != parse(without(given, concrete(path)))[0]:
                wrong[path] = lines or [f"differs with {default}"]
    assert wrong == {}


def keys_by_section() -> dict[str, tuple[str, list[str]]]:
    """By path of each section: a setting of it that has a document, and all keys of its model."""
    found = {"": ("kind", [*Settings.model_fields, *SECRETS])}
    for setting in SETTINGS.values():
        if "." in setting.path and setting.name == next(iter(setting.model.model_fields)):
            found[setting.path.rpartition(".")[0]] = (setting.path, list(setting.model.model_fields))
    return found


def test_sections_refuse_an_unknown_key_and_list_their_own() -> None:
    wrong = {}
    for path, (setting, keys) in keys_by_section().items():
        place = concrete(path)
        key = f"{place}.nonsense".removeprefix(".")
        lines = refusals(changed(DOCUMENTS[setting], key, {"secret": "unseen"}))
        expected = f"{key}: unknown key; allowed in {place or 'the configuration'}: {', '.join(keys)}"
        if expected not in lines:
            wrong[path] = lines
    assert wrong == {}
