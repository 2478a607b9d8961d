"""Every file that a service reads: valid for its tool, used, rendered with all that it needs, free of secrets."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from string import Template

import pytest
import yaml

from tests.files.shipped import COMPONENTS, calls, shipped, title
from tests.support.required_tools import required_tool
from tests.support.rows import rows

YAML = (".yaml", ".yml")
KINDS = (*YAML, ".json", ".sh", ".cfg", ".lua", ".nft", ".conf", ".html", ".service")  # each has its own checks
SECRET = re.compile(
    r"(?i)(passw(or)?d|passwd|token|secret|api_?key)\w*[\"']?\s*[:=]\s*[\"']?(?!/run/secrets/)[\w+/-]{6,}"
    r"|PRIVATE KEY|AKIA"
)
REGISTRY = re.compile(r"\b(docker\.io|ghcr\.io|quay\.io|gcr\.io|registry\.[\w.-]+|[\w.-]+\.azurecr\.io|[\w.-]+:5000)/")


@rows("file", shipped(), ids=title)
def test_file_suffix_has_a_linter(file: Path) -> None:
    assert file.suffix in KINDS, "add a test that checks such files to this module, and their suffix to KINDS"


def test_yaml_and_json_are_in_files_folders_only() -> None:
    found = {path for path in COMPONENTS.rglob("*") if path.suffix in (*YAML, ".json")}
    outside = {title(path) for path in found - set(shipped(*YAML, ".json"))}
    assert outside == set(), "move them to the folder files/ of their component"


@rows("file", shipped(*YAML), ids=title)
def test_yaml_files_are_valid(file: Path) -> None:
    assert yaml.safe_load(file.read_text(encoding="utf-8"))


def test_json_files_are_valid() -> None:
    for file in shipped(".json"):
        assert json.loads(file.read_text(encoding="utf-8")), title(file)


def test_yamllint_accepts_every_yaml_file() -> None:
    config = str(Path(__file__).parent / "yamllint.yaml")
    command = [
        sys.executable,
        "-m",
        "yamllint",
        "--strict",
        "--format",
        "parsable",
        "-c",
        config,
        *map(str, shipped(*YAML)),
    ]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.tools("nft")
@rows("file", shipped(".nft"), ids=title)
def test_nft_accepts_the_table_without_rows(file: Path) -> None:
    command = [required_tool("nft"), "--check", "--file", str(file)]
    namespaces = [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    checked = subprocess.run([*namespaces, *command], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@rows("file", shipped(".service"), ids=title)
def test_unit_has_lines_of_sections_that_services_have(file: Path) -> None:
    section = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        section = line if line.startswith("[") else section
        assert section in ("[Unit]", "[Service]", "[Install]"), line
        assert line in ("", section) or re.fullmatch(r"#.*|[A-Z]\w+=\S.*", line), line


def test_keepalived_configuration_is_well_formed() -> None:
    """It has a line to itself for each item: keepalived takes no item on the line of a brace."""
    (file,) = (one for one in shipped(".conf") if one.name == "keepalived.conf")
    depth = 0
    for line in (line.strip() for line in file.read_text(encoding="utf-8").splitlines()):
        assert re.fullmatch(r"(#.*|\w+( \w+)? \{|\}|[^{}]*)", re.sub(r"\$\w+", "x", line)), line
        depth += line.endswith("{") - (line == "}")
        assert depth in (0, 1, 2), line
    assert depth == 0


def test_ganesha_configuration_is_well_formed() -> None:
    """Its program is on no machine but the server, and has no way to only check a file."""
    (file,) = (one for one in shipped(".conf") if one.name == "ganesha.conf")
    depth = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r" *(#.*|\w+ \{|\}|\w+ = [\w/, $-]+;)?", line), line
        depth += line.count("{") - line.count("}")
        assert depth >= 0, line
        assert len(line) - len(line.lstrip()) == 2 * (depth - line.count("{")) or not line, line
    assert depth == 0


@rows("file", shipped(), ids=title)
def test_every_file_is_named_by_its_component(file: Path) -> None:
    """By its name, or by its stem where a module names the files of its folder one by one, as a MANIFEST does.

    What precedes the scripts of several components is named by the module that puts it there.
    """
    component = COMPONENTS / file.relative_to(COMPONENTS).parts[0]
    texts = [path.read_text(encoding="utf-8") for path in (*component.rglob("*.py"), COMPONENTS / "assets.py")]
    of_folder = re.compile(rf"{file.parent.name}/\{{\w+\}}{re.escape(file.suffix)}\"")
    named = [text for text in texts if f'{file.name}"' in text or (of_folder.search(text) and f'"{file.stem}"' in text)]
    if file.parent.name in ("rules", "scrape"):
        named += [text for text in texts if "MANIFEST = " in text and f'"{file.stem}"' in text]
    assert named, f"read or render it in {component.name}, or remove it"


def test_templates_get_exactly_their_placeholders() -> None:
    rendered = list(calls("render"))
    assert rendered
    for call in rendered:
        path, values = call.args
        if not isinstance(path, ast.Constant) or not isinstance(values, ast.Dict):
            continue  # `render` itself raises when the template has other names
        template = Template((COMPONENTS / str(path.value)).read_text(encoding="utf-8"))
        assert template.is_valid()
        keys = {key.value for key in values.keys if isinstance(key, ast.Constant)}
        assert keys == set(template.get_identifiers()), path.value


def test_no_file_is_both_rendered_and_read() -> None:
    paths = [
        {call.args[0].value for call in calls(function) if isinstance(call.args[0], ast.Constant)}
        for function in ("render", "read")
    ]
    assert not paths[0] & paths[1]


@rows("file", shipped(), ids=title)
def test_files_hold_no_secret(file: Path) -> None:
    assert not SECRET.search(file.read_text(encoding="utf-8"))


@rows("file", shipped(), ids=title)
def test_files_name_no_registry(file: Path) -> None:
    assert not REGISTRY.search(file.read_text(encoding="utf-8"))


@rows(
    "text",
    [
        "password: hunter22",
        "TOKEN=abcdef12",
        'api_key = "abcdef12"',
        "-----BEGIN EC PRIVATE KEY-----",
        '"secretKey": "abcdef"',
    ],
)
def test_secret_pattern_finds_secrets(text: str) -> None:
    assert SECRET.search(text)


@rows(
    "text",
    [
        '--token "$TOKEN"',
        "keyFile: /run/secrets/certificate-key",
        "password_file: /run/secrets/smtp-password",
        '"${TOKEN:?}"',
    ],
)
def test_secret_pattern_ignores_references_to_secrets(text: str) -> None:
    assert not SECRET.search(text)
