"""The installation of the engine on a fresh Debian without Docker, which becomes a manager."""

from pathlib import Path

import pytest

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import docker, image_of, stack
from tests.e2e.networks import subnet_of

pytestmark = pytest.mark.slow


def test_engine_is_installed_in_its_exact_version_and_held(tmp_path: Path) -> None:
    with stack("e2e-install", tmp_path, small_target_settings(subnet_of("install"), 0)) as target:
        source, version = target.get("engine.source"), target.get("engine.version")
        package = {"distribution": "docker.io", "docker.com": "docker-ce"}[source]
        target.set("machines.image", image_of("plain"))
        target.set("engine.version", "99.2.3")
        refused = target.up()
        assert refused.code != 0
        assert f"manager-1: has no package {package} of version 99.2.3; set engine.version" in refused.text
        target.set("engine.version", version)
        result = target.up()
        assert result.code == 0, result.text
        assert target.nodes() == {"manager-1": "Ready Active"}
        assert version in target.on("manager-1", "dockerd", "--version").text
        assert package in target.on("manager-1", "apt-mark", "showhold").text
        second = target.up()
        assert second.touched() == set(), second.text
        docker("restart", target.container("manager-1"))
        restarted = target.make("up")
        assert restarted.code == 0, restarted.text
        assert target.nodes() == {"manager-1": "Ready Active"}
