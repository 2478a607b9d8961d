"""docs/settings.md tells of every setting, as it is now."""

import re

import yaml

from components.errors import NAMESPACE
from docs import pulumi_sections
from docs.settings_table import PAGE, README, is_section, page, readme, settings
from stacks.config.loader import SECRETS
from stacks.config.settings import Settings
from tests.settings.loading import taken
from tests.support.configs import target


def test_page_of_settings_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m docs.settings_table`"


def test_table_of_the_readme_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == readme(), "run `python -m docs.settings_table`"
    assert "| `traefik.log_level` | `INFO` |" in text


def test_page_has_a_row_for_every_setting_and_secret() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", page(), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert {s.path for s in settings() if not is_section(s)} | set(SECRETS) <= set(rows)


def test_page_names_a_manager_as_managers_are_named() -> None:
    assert "such as `manager-1`" in page()
    assert taken(target()).machines.names("manager") == ["manager-1"]


def test_project_file_is_current() -> None:
    assert pulumi_sections.text() == pulumi_sections.FILE.read_text(), "run `python -m docs.settings_table`"


def test_project_declares_every_section_as_the_models_describe_it() -> None:
    """All but `domain`: what is declared without a default is required, and it has none."""
    declared = yaml.safe_load((README.parent / "Pulumi.yaml").read_text())["config"]
    fields = {name: field for name, field in Settings.model_fields.items() if name != "domain"}
    assert list(declared) == [f"{NAMESPACE}:{name}" for name in fields]
    for name, field in fields.items():
        section = declared[f"{NAMESPACE}:{name}"]
        assert section["description"] == field.description
        assert ("default" not in section) == field.is_required()
