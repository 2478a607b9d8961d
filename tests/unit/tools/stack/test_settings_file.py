"""tools/stack/settings_file.py: files of stacks, however they are written."""

from pathlib import Path

import pytest

from tests.support.rows import new_folder, rows
from tools.stack.settings_file import find, names

MACHINES = "config:\n  nuvla-swarm:machines:"


@rows(
    "text, provider",
    [
        (f"{MACHINES}\n    provider: local\n", "local"),
        (f"{MACHINES} {{provider: local, pools: {{}}}}\n", "local"),
        (f'{MACHINES}\n    "provider": "exoscale" # there\n', "exoscale"),
        (f"{MACHINES}\n    # provider: exoscale\n", None),
        (f"{MACHINES} []\n", None),
        ("", None),
        ("- a list\n", None),
    ],
)
def test_provider_is_read_in_every_notation(tmp_path: Path, text: str, provider: str | None) -> None:
    (tmp_path / "Pulumi.s.yaml").write_text(text)
    file = find("s", tmp_path)
    assert file.provider == provider
    assert file.is_local == (provider == "local")
    assert file.is_remote == (provider is not None and provider != "local")


def test_organization_is_no_part_of_the_files_name(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}")
    assert find("acme/prod", tmp_path).name == find("acme/nuvla-swarm/prod", tmp_path).name == "prod"


@rows("given", ["prd", "", "../prod", "acme/prd", "a b"])
def test_unknown_stack_is_rejected_with_the_names_there_are(tmp_path: Path, given: str) -> None:
    folder = new_folder(tmp_path)
    (folder / "examples").mkdir()
    for name in ("Pulumi.dev.yaml", "Pulumi.prod.yaml", "examples/local-host.yaml"):
        (folder / name).touch()
    with pytest.raises(SystemExit) as ended:
        find(given, folder)
    text = str(ended.value)
    assert text.startswith(f"nuvla-swarm: error: there is no Pulumi.{given.rpartition('/')[2]}.yaml")
    assert "stacks are dev, prod (STACK=<stack>); for a new one: make stack NAME=pr" in text
    assert "examples are local-host" in text
    assert ("did you mean prod?" in text) == ("pr" in given)
    assert names(folder) == ["dev", "prod"]


def test_example_is_rejected_with_the_command_that_previews_it(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "local-host.yaml").touch()
    with pytest.raises(SystemExit, match="make preview EXAMPLE=local-host"):
        find("local-host", tmp_path)


def test_file_that_is_no_yaml_is_rejected_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.s.yaml").write_text("config:\n  a: [1,\n")
    with pytest.raises(SystemExit, match=r"Pulumi\.s\.yaml, line 3 is no YAML: "):
        find("s", tmp_path)


def test_secrets_and_their_provider_are_found(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.s.yaml"
    path.write_text("secretsprovider: awskms://alias/x\nencryptedkey: a\nconfig:\n  a:\n    - b: {secure: c}\n")
    file = find("s", tmp_path)
    assert (file.secrets_provider, file.has_state, file.has_secrets) == ("awskms://alias/x", True, True)
    path.write_text("secretsprovider: passphrase\nconfig: {a: b}\n")
    file = find("s", tmp_path)
    assert (file.secrets_provider, file.has_state, file.has_secrets) == (None, False, False)


def test_words_name_kind_provider_zone_and_machines(tmp_path: Path) -> None:
    text = (
        "config:\n  nuvla-swarm:kind: host\n  nuvla-swarm:machines:\n    provider: exoscale\n    zone: ch-gva-2\n"
        "    pools: {manager: {count: 3}, worker: {role: worker}, old: {hosts: {a: {}, b: {}}}}\n"
    )
    (tmp_path / "Pulumi.s.yaml").write_text(text)
    assert find("s", tmp_path).words() == "host on exoscale ch-gva-2"
    assert find("s", tmp_path).machine_count() == 6
