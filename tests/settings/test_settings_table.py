"""The table of tests/settings/table/ has one row for each setting, in the file of its section."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from inspect import get_annotations, getmro
from typing import Any

from docs.settings_table import Setting, is_section, settings
from stacks.config.settings import Settings
from tests.settings.loading import refusals
from tests.settings.rows import Row, concrete
from tests.settings.table import BY_FILE, CHANGES, ROWS
from tests.settings.values import IS_A_SECTION, IS_ANOTHER_INFRASTRUCTURE, IS_FOR_PEOPLE, IS_OF_A_CHANGE, OBJECT
from tests.support.configs import changed

FOLDER = "tests/settings/table"
SETTINGS = {setting.path: setting for setting in settings()}
KNOWN = [row for row in ROWS if row.path in SETTINGS]
SECTIONS = {name: f"{FOLDER}/{name}.py" for name in Settings.model_fields if is_section(SETTINGS[name])}


def file_of(setting: Setting) -> str:
    """The file for the row of a setting: that of its section, and of its provider if only one has it."""
    defining = [model for model in getmro(setting.model) if setting.name in get_annotations(model)][-1]
    if provider := re.fullmatch(r"components\.machines\.(\w+)\.settings", defining.__module__):
        return f"{FOLDER}/machines_{provider[1]}.py"
    return SECTIONS.get(setting.path.partition(".")[0], f"{FOLDER}/stack.py")


def test_every_section_has_a_table_file() -> None:
    missing = {name: f"write {file} with ROWS" for name, file in SECTIONS.items() if name not in BY_FILE}
    assert missing == {}


def test_every_setting_has_a_row() -> None:
    paths = {row.path for row in ROWS}
    missing = {path: f"add a row to {file_of(one)}" for path, one in SETTINGS.items() if path not in paths}
    assert missing == {}


def test_every_row_has_a_setting() -> None:
    stale = {
        row.path: f"remove the row from {FOLDER}/{name}.py, or give it the path that the setting has now"
        for name, rows in BY_FILE.items()
        for row in rows
        if row.path not in SETTINGS
    }
    assert stale == {}


def test_no_setting_has_two_rows() -> None:
    assert [
        f"{path}: remove one of its rows" for path, count in Counter(r.path for r in ROWS).items() if count > 1
    ] == []


def test_every_row_is_in_a_file_of_its_section() -> None:
    """A section with many rows may have several files, such as machines_local.py."""
    misplaced = {
        row.path: f"move the row to {file_of(SETTINGS[row.path])}"
        for name, rows in BY_FILE.items()
        for row in rows
        if row in KNOWN
        and row.path.partition(".")[0] != name.partition("_")[0]
        and not (name == "stack" and row.path not in SECTIONS)
    }
    assert misplaced == {}


def test_rows_say_which_settings_are_required() -> None:
    """A default that is right for most stacks is better than a question."""
    wrong = {
        row.path: f"set required={not row.required} in its row, or give the setting a default"
        for row in KNOWN
        if row.required != SETTINGS[row.path].field.is_required()
    }
    assert wrong == {}


def out_of_bounds(row: Row, schema: dict[str, Any]) -> list[str]:
    """The values that a row lacks, of those just within and just beyond the bounds of the model."""
    good, bad = row.values.good, [one.value for one in row.values.bad]
    told = []
    for index, (key, beyond) in enumerate((("minimum", -1), ("maximum", 1))):
        if key in schema:
            bounds = row.values.bounds
            if schema[key] not in (bounds[index : index + 1] if bounds else good):
                told.append(f"add the good value {schema[key]}")
            if schema[key] + beyond not in bad:
                told.append(f"add the bad value {schema[key] + beyond}")
    told += [f"add the good value {one}" for one in schema.get("enum", []) if one not in [*good, *row.values.elsewhere]]
    if "minItems" in schema:
        for length, values in ((schema["minItems"], good), (schema["minItems"] - 1, bad)):
            if not any(isinstance(one, list) and len(one) == length for one in values):
                told.append(f"add a list of {length}")
    return told


def test_rows_have_values_at_each_bound_of_their_model() -> None:
    wrong = {row.path: told for row in KNOWN if (told := out_of_bounds(row, SETTINGS[row.path].schema))}
    assert wrong == {}


def test_rows_have_good_and_bad_values() -> None:
    assert [row.path for row in ROWS if not row.values.bad] == []
    assert [row.path for row in KNOWN if not row.values.good and not is_section(SETTINGS[row.path])] == []


def test_rows_of_sections_refuse_what_is_no_object() -> None:
    sections = [row for row in KNOWN if is_section(SETTINGS[row.path])]
    wrong = [row.path for row in sections if not any(bad.allowed == OBJECT for bad in row.values.bad)]
    assert wrong == []


def test_rows_without_a_change_have_a_reason_that_holds() -> None:
    holds: dict[str, Callable[[str], bool]] = {
        IS_A_SECTION: lambda path: is_section(SETTINGS[path]),
        IS_ANOTHER_INFRASTRUCTURE: lambda path: "enum" in SETTINGS[path].schema,
        IS_FOR_PEOPLE: lambda path: path.endswith("template.name"),
        IS_OF_A_CHANGE: lambda path: path == "exceptions",
    }
    reasons = {row.path: row.change for row in KNOWN if isinstance(row.change, str)}
    assert {path: reason for path, reason in reasons.items() if reason not in holds or not holds[reason](path)} == {}


def test_changes_of_rows_give_another_value_than_the_default() -> None:
    """A change to the value of today shows nowhere."""
    same = {
        change.setting: f"give its Change another value than the default {change.value!r}, in {file_of(one)}"
        for change in CHANGES
        if (one := SETTINGS.get(change.setting)) and change.value == one.field.get_default(call_default_factory=True)
    }
    assert same == {}


def accepted_former_names(rows: Sequence[Row]) -> dict[str, list[str]]:
    """The former names that no line refuses with the name of today, each with the lines that there are."""
    wrong = {}
    for row in rows:
        value = row.values.good[0] if row.values.good else {}
        for name in row.formerly:
            old, new = concrete(name), concrete(row.path)
            lines = refusals(changed(row.values.document(), old, value))
            named = re.compile(rf"{re.escape(old)}: .*(?<![\w.]){re.escape(new)}(?!\w).*")
            if not any(map(named.fullmatch, lines)):
                wrong[name] = lines
    return wrong


def test_former_names_of_settings_are_refused_with_the_names_of_today() -> None:
    assert accepted_former_names(ROWS) == {}


def test_former_name_that_is_an_unknown_key_alone_is_noticed() -> None:
    (row,) = [row for row in ROWS if row.path == "traefik.log_level"]
    renamed = Row(row.path, row.values, row.change, formerly=["traefik.verbosity"])
    (line,) = accepted_former_names([renamed])["traefik.verbosity"]
    assert line.startswith("traefik.verbosity: unknown key; allowed in traefik: log_level, ")
