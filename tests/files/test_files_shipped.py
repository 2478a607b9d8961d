"""Every file that a service reads: valid for its tool, used, rendered with all that it needs, free of secrets."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from string import Template

import yaml

from tests.files.shipped import COMPONENTS, calls, says, shipped, title
from tests.support.rows import rows

YAML = (".yaml", ".yml")
KINDS = (*YAML, ".json", ".sh", ".cfg", ".lua", ".nft", ".conf")  # each has its own checks
SECRET = re.compile(
    r"(?i)(passw(or)?d|passwd|token|secret|api_?key)\w*[\"']?\s*[:=]\s*[\"']?(?!/run/secrets/)[\w+/-]{6,}"
    r"|PRIVATE KEY|AKIA"
)
REGISTRY = re.compile(r"\b(docker\.io|ghcr\.io|quay\.io|gcr\.io|registry\.[\w.-]+|[\w.-]+\.azurecr\.io|[\w.-]+:5000)/")


@rows("file", shipped(), ids=title)
def test_it_is_of_a_kind_that_is_checked(file: Path) -> None:
    assert file.suffix in KINDS


def test_no_yaml_or_json_is_beside_the_folders_of_files() -> None:
    found = {path for path in COMPONENTS.rglob("*") if path.suffix in (*YAML, ".json")}
    assert found == set(shipped(*YAML, ".json"))


@rows("file", shipped(*YAML), ids=title)
def test_yaml_can_be_read(file: Path) -> None:
    assert yaml.safe_load(file.read_text(encoding="utf-8"))


def test_json_can_be_read() -> None:
    for file in shipped(".json"):
        assert json.loads(file.read_text(encoding="utf-8")), title(file)


def test_yamllint_finds_nothing() -> None:
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


@rows("file", shipped(".nft"), ids=title)
def test_nft_takes_the_table_without_any_rows(file: Path) -> None:
    command = ["nft", "--check", "--file", str(file)]
    tool, *arguments = command if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net", *command]
    assert says(tool, *arguments) == ""


def test_the_configuration_of_ganesha_is_blocks_of_settings() -> None:
    """Its program is on no machine but the server, and has no way to only check a file."""
    (file,) = (one for one in shipped(".conf") if one.name == "ganesha.conf")
    depth = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r" *(#.*|\w+ \{|\}|\w+ = [\w/, -]+;)?", line), line
        depth += line.count("{") - line.count("}")
        assert depth >= 0, line
        assert len(line) - len(line.lstrip()) == 2 * (depth - line.count("{")) or not line, line
    assert depth == 0


@rows("file", shipped(), ids=title)
def test_it_is_named_by_the_python_of_its_component(file: Path) -> None:
    """Itself, or its stem where those of its folder are named one by one."""
    component = COMPONENTS / file.relative_to(COMPONENTS).parts[0]
    texts = [path.read_text(encoding="utf-8") for path in component.rglob("*.py")]
    of_folder = re.compile(rf"{file.parent.name}/\{{\w+\}}{re.escape(file.suffix)}\"")
    assert [text for text in texts if f'{file.name}"' in text or (of_folder.search(text) and f'"{file.stem}"' in text)]


def test_each_template_gets_exactly_the_values_that_it_has_places_for() -> None:
    rendered = list(calls("render"))
    assert rendered
    for call in rendered:
        path, values = call.args
        assert isinstance(path, ast.Constant)
        assert isinstance(values, ast.Dict)
        template = Template((COMPONENTS / str(path.value)).read_text(encoding="utf-8"))
        assert template.is_valid()
        keys = {key.value for key in values.keys if isinstance(key, ast.Constant)}
        assert keys == set(template.get_identifiers()), path.value


def test_no_file_is_both_rendered_and_read_as_it_is() -> None:
    paths = [
        {call.args[0].value for call in calls(function) if isinstance(call.args[0], ast.Constant)}
        for function in ("render", "read")
    ]
    assert not paths[0] & paths[1]


@rows("file", shipped(), ids=title)
def test_it_holds_no_secret(file: Path) -> None:
    assert not SECRET.search(file.read_text(encoding="utf-8"))


@rows("file", shipped(), ids=title)
def test_it_names_no_registry(file: Path) -> None:
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
def test_the_search_for_secrets_would_find_one(text: str) -> None:
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
def test_the_search_for_secrets_lets_names_of_them_pass(text: str) -> None:
    assert not SECRET.search(text)
