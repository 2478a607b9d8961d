"""The compose files that the bench compares the program with: the same services, published and configured alike."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench import rendered_files
from tests.support.configs import target
from tests.support.pulumi_run import run_program
from tests.support.rows import rows

STACKS = sorted((Path(__file__).parents[2] / "bench/stacks").glob("*.yaml"))


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The inputs of the services of a target with everything, by name."""
    engine = run_program(target(nfs={"server": "ganesha"})).engine
    made = {name: engine.inputs(name) for name, kind in engine.types.items() if kind == "docker:index/service:Service"}
    return {name.removesuffix("-service"): inputs for name, inputs in made.items()}


@rows("file", STACKS, ids=lambda path: path.name)
def test_baseline_services_match_the_program(file: Path, services: dict[str, dict[str, Any]]) -> None:
    for name, service in yaml.safe_load(file.read_text())["services"].items():
        ours = services[name]
        configs = {one["fileName"] for one in ours["taskSpec"]["containerSpec"].get("configs", [])}
        # The script has no service that is newer than itself, and no job of one either.
        assert {one["target"] for one in service.get("configs", [])} <= configs, name
        labels = {one["label"]: one["value"] for one in ours.get("labels", []) if one["label"].startswith("traefik.")}
        assert service["deploy"].get("labels", {}) == labels, name


def test_baseline_files_are_rendered_as_the_program_renders_them(tmp_path: Path) -> None:
    rendered_files.main(tmp_path)
    for stack in STACKS:
        for config in yaml.safe_load(stack.read_text()).get("configs", {}).values():
            assert (tmp_path / config["file"]).is_file(), (
                f"{stack.name} names a file that no service of the program has"
            )
    templates = [*tmp_path.glob("*.yaml"), *tmp_path.glob("*.yml"), *tmp_path.glob("scrape/*")]
    left = {path.name: re.findall(r"\$[a-z_]{3,}", path.read_text()) for path in templates}
    assert {name: names for name, names in left.items() if names} == {}
