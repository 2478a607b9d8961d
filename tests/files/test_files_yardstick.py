"""The compose files that the bench compares the program with: the same services, published and configured alike."""

from pathlib import Path
from typing import Any

import pytest
import yaml

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
        assert {one["target"] for one in service.get("configs", [])} == configs, name
        labels = {one["label"]: one["value"] for one in ours.get("labels", []) if one["label"].startswith("traefik.")}
        assert service["deploy"].get("labels", {}) == labels, name
