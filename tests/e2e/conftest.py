"""Stacks on the real engine, with the settings that this machine's engine needs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import CHECKOUT, Stack, docker, run, stack


def machine_settings() -> dict[str, Any]:
    """What `make up` adds to a new stack."""
    answer = run(str(CHECKOUT / "lab/settings.sh"))
    assert answer.code == 0, answer.text
    found = dict(line.split("=", 1) for line in answer.text.splitlines() if "=" in line)
    return {path: value_of(text) for path, text in found.items()}


def value_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def settings(subnet: str, workers: int) -> dict[str, Any]:
    """A target with one manager."""
    return {
        "kind": "target",
        "machines": {
            "provider": "local",
            "subnet": subnet,
            "pools": {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": workers}},
        },
        **machine_settings(),
    }


@pytest.fixture(scope="session", autouse=True)
def docker_engine() -> str:
    """The engine that the machines run on: `make test` starts one where there is none."""
    return docker("version", "--format", "{{.Server.Version}}")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target on one manager and two workers that is up. Tests of a module share it and leave it as it was."""
    folder = Path(tmp_path_factory.mktemp("target"))
    with stack("e2e-target", folder, settings("10.78.0.0/16", 2)) as made:
        result = made.up()
        assert result.code == 0, result.text
        (folder / "up.log").write_text(result.text)
        yield made
