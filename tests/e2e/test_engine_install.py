"""A machine that is a fresh Debian, without Docker, becomes a manager."""

from pathlib import Path

import pytest

from tests.e2e.conftest import settings
from tests.e2e.harness import docker, stack
from tests.e2e.networks import subnet_of

pytestmark = pytest.mark.slow


def test_an_engine_of_the_exact_version_is_installed_and_held(tmp_path: Path) -> None:
    with stack("e2e-install", tmp_path, settings(subnet_of("install"), 0)) as made:
        version = made.get("engine.version")
        made.set("machines.image", made.get("machines.image").replace("/machine:", "/plain:"))
        made.set("engine.version", "1.2.3")
        refused = made.up()
        assert refused.code != 0
        assert "manager-1: has no package docker.io of version 1.2.3; allowed:" in refused.text
        made.set("engine.version", version)
        result = made.up()
        assert result.code == 0, result.text
        assert made.nodes() == {"manager-1": "Ready Active"}
        assert version in made.on("manager-1", "dockerd", "--version").text
        assert "docker.io" in made.on("manager-1", "apt-mark", "showhold").text
        again = made.up()
        assert again.touched() == set(), again.text
        docker("restart", made.container("manager-1"))
        restarted = made.make("up")
        assert restarted.code == 0, restarted.text
        assert made.nodes() == {"manager-1": "Ready Active"}
