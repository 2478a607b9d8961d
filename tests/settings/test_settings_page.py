"""docs/settings.md tells of every setting, as it is now, and no page of a setting that there is not."""

import re

import yaml

from components.errors import NAMESPACE
from docs import pulumi_sections
from docs.settings_table import PAGE, is_section, page, settings
from stacks.config.loader import SECRETS
from stacks.config.settings import Settings
from tests.files.test_files_pages import EVERY_PAGE
from tests.settings.loading import taken
from tests.settings.table import ROWS
from tests.support.configs import target

PATHS = [setting.path.split(".") for setting in settings()]
# A name in backticks that begins as a setting does; no file (`traefik.yaml`), example of a domain, or label of Traefik.
DOTTED = re.compile(rf"^((?:{'|'.join(Settings.model_fields)})(?:\.(?:[a-z_]\w*|<[^>]+>|\*))+)(?![\w/(-])")
LABEL = re.compile(r"traefik\.(enable|swarm|docker|http|tcp|udp|tls)\b")


def is_setting(name: str) -> bool:
    """Return whether a name is that of a setting or a section; any placeholder may stand for a name of the user's."""
    words = name.split(".")
    return any(
        len(words) <= len(path)
        and all(word in (part, "*") or "<" in (word[0], part[0]) for word, part in zip(words, path, strict=False))
        for path in PATHS
    )


def unknown_settings(text: str) -> list[str]:
    """Return the names of settings in backticks that no setting has, and former names that stand alone."""
    last_words = {path[-1] for path in PATHS}
    former = {name.split(".")[-1] for row in ROWS for name in row.formerly} - last_words
    unknown = []
    for code in re.findall(r"`([^`\n]+)`", text):
        named = DOTTED.match(code)
        is_other = named and (LABEL.match(code) or named[1].endswith((".py", ".yaml", ".example.org")))
        if code in former or (named and not is_other and not is_setting(named[1])):
            unknown.append(code)
    return unknown


def test_pages_name_settings_that_exist() -> None:
    wrong = {
        str(page): names
        for page in EVERY_PAGE
        if page.name != "CHANGELOG.md" and (names := unknown_settings(page.read_text(encoding="utf-8")))
    }
    assert wrong == {}, "docs/settings.md has the names of today"


def test_unknown_and_former_settings_of_a_page_are_seen() -> None:
    text = "`swarm.entry` `server_kind` `nfs.server: x` `volumes.<name>.size_gib` `volumes.db.block` `traefik.yaml`"
    assert unknown_settings(text + " `traefik.enable` `machines.pools.*` `swarm`") == [
        "swarm.entry",
        "server_kind",
        "volumes.db.block",
    ]


def test_page_of_settings_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m docs.settings_table`"


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
    declared = yaml.safe_load(pulumi_sections.FILE.read_text())["config"]
    fields = {name: field for name, field in Settings.model_fields.items() if name != "domain"}
    assert list(declared) == [f"{NAMESPACE}:{name}" for name in fields]
    for name, field in fields.items():
        section = declared[f"{NAMESPACE}:{name}"]
        assert section["description"] == field.description
        assert ("default" not in section) == field.is_required()
