"""Stacks on the real engine, with the settings that this machine's engine needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import Stack, docker, stack


def settings(subnet: str, workers: int) -> dict[str, Any]:
    """A target with one manager."""
    return {
        "kind": "target",
        "machines": {
            "provider": "local",
            "subnet": subnet,
            "pools": {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": workers}},
        },
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
