"""tools/stacks.sh lists the stacks that have a file of settings, for the workflows."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.harness import run
from tests.support.checkout import CHECKOUT, copy_part


def found_by(folder: Path, *arguments: str) -> list[str]:
    result = run(str(folder / "tools" / "stacks.sh"), *arguments)
    assert result.code == 0, result.text
    names: list[str] = json.loads(result.text)
    return names


def test_every_stack_file_is_found() -> None:
    files = {path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in CHECKOUT.glob("Pulumi.*.yaml")}
    assert set(found_by(CHECKOUT)) == files
    assert "dev" in files


def test_stacks_of_local_machines_are_not_deployed(elsewhere: Path) -> None:
    examples = {path.stem for path in (CHECKOUT / "examples").glob("*.yaml")}
    for name in examples:
        shutil.copy(CHECKOUT / f"examples/{name}.yaml", elsewhere / f"Pulumi.{name}.yaml")
    shutil.copy(CHECKOUT / "Pulumi.dev.yaml", elsewhere)
    assert set(found_by(elsewhere, "remote")) == {"exoscale-target", "exoscale-host", "existing-target"}
    assert set(found_by(elsewhere)) == examples | {"dev"}


@pytest.mark.parametrize(
    ("line", "deployed"),
    [
        ("    provider: local", False),
        ('    provider: "local"', False),
        ("    provider: 'local' # of this computer", False),
        ("  nuvla-swarm:machines: {pools: {}, provider: local}", False),
        ("    # provider: exoscale", False),
        ("", False),
        ("    provider: exoscale", True),
        ('    "provider": "existing"', True),
        ("  nuvla-swarm:machines: {provider: 'exoscale'}", True),
    ],
)
def test_local_machines_are_recognized_in_every_notation(elsewhere: Path, line: str, deployed: bool) -> None:
    (elsewhere / "Pulumi.a.yaml").write_text(f"config:\n  nuvla-swarm:machines:\n{line}\n")
    assert found_by(elsewhere, "remote") == ["a"] * deployed
    assert found_by(elsewhere) == ["a"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A checkout without stacks."""
    copy_part(CHECKOUT / "tools", tmp_path / "tools")
    (tmp_path / ".venv").symlink_to(CHECKOUT / ".venv")
    return tmp_path


def test_checkout_without_stacks_gives_an_empty_list_and_unknown_word_is_rejected(elsewhere: Path) -> None:
    assert found_by(elsewhere) == []
    refused = run(str(elsewhere / "tools" / "stacks.sh"), "local")
    assert refused.code == 1
    assert "'local' given; allowed: remote" in refused.text


def test_name_with_characters_of_json_is_rejected(elsewhere: Path) -> None:
    (elsewhere / 'Pulumi.a","b.yaml').touch()
    refused = run(str(elsewhere / "tools" / "stacks.sh"))
    assert refused.code == 1
    assert "allowed: Pulumi.<stack>.yaml with letters" in refused.text
