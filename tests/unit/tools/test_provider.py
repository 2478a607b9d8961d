"""tools/provider.py: the provider of a stack, however its line is written."""

from pathlib import Path

import pytest

from tests.support.rows import rows
from tools.provider import machines_of


def provider(folder: Path, text: str, stack: str = "prod") -> object:
    (folder / "Pulumi.prod.yaml").write_text(text, encoding="utf-8")
    return machines_of(stack, folder).get("provider")


@rows(
    "lines",
    [
        "    provider: exoscale",
        '    "provider": "exoscale" # local',
        "    {pools: {}, provider: 'exoscale'}",
        "    # provider: local\n    provider: exoscale",
    ],
)
def test_provider_is_found_in_every_notation(tmp_path: Path, lines: str) -> None:
    text = f"config:\n  nuvla-swarm:machines:\n{lines}\n"
    assert provider(tmp_path, text) == "exoscale"
    assert provider(tmp_path, text, "acme/prod") == "exoscale"


@rows("text", ["", "config:\n", "config: {}\n", "- 1\n", "config:\n  nuvla-swarm:machines: exoscale\n"])
def test_file_without_machines_has_no_provider(tmp_path: Path, text: str) -> None:
    assert provider(tmp_path, text) is None


def test_missing_or_broken_file_ends_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"error: there is no Pulumi.prod.yaml; `make stack` creates it"):
        machines_of("prod", tmp_path)
    with pytest.raises(SystemExit, match=r"^nuvla-swarm: error: Pulumi.prod.yaml is no YAML: [^\n]+ line 1, [^\n]+$"):
        provider(tmp_path, "a: [")
