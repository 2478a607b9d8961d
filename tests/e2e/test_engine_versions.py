"""Engines of docker.com's packages: installed with a key of the settings, upgraded, downgraded, and taken over."""

from pathlib import Path
from typing import Final

import pytest

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, image_of, run, stack
from tests.e2e.networks import subnet_of
from tests.records import Ran
from tests.support.checkout import CHECKOUT
from tests.support.stand_ins import is_offline
from tools.computer_settings import nested

pytestmark = pytest.mark.slow

OLDER: Final = "28.5.1"
NEWER: Final = "28.5.2"
PACKAGES: Final = ("containerd.io", "docker-ce", "docker-ce-cli")
MACHINES: Final = ("manager-1", "worker-1")


def repository() -> dict[str, str]:
    """Return the settings of the repository that has both versions: docker.com's, or the stand-in."""
    if not is_offline():
        return {}
    script = str(CHECKOUT / "offline/repository.sh")
    for words in (["start"], ["add", OLDER]):
        done = run(script, *words, timeout_s=1800)
        assert done.code == 0, done.text
    settings: dict[str, str] = nested(run(script, "settings").text.splitlines())["engine"]["repository"]
    return settings


def version_of(target: Stack, machine: str) -> str:
    """Return the version of the engine that runs on a machine, as that engine says it."""
    return target.on(machine, "docker", "version", "--format", "{{.Server.Version}}").text.strip().partition("+")[0]


def running(target: Stack) -> dict[str, str]:
    """Return the version of the engine that runs on each machine."""
    return {machine: version_of(target, machine) for machine in MACHINES}


def update(target: Stack, version: str) -> None:
    """Set a version, and check that the engines of all machines have it, with their services, after one `up`."""
    target.set("engine.version", version)
    result = target.up()
    assert result.code == 0, result.text
    assert running(target) == dict.fromkeys(MACHINES, version)
    assert target.nodes() == dict.fromkeys(MACHINES, "Ready Active")
    for machine in MACHINES:
        assert target.on(machine, "apt-mark", "showhold").text.split() == list(PACKAGES)
    second = target.up()
    assert second.touched() == set(), second.text


def test_engine_of_docker_is_installed_upgraded_and_downgraded(tmp_path: Path, ran: Ran) -> None:
    of_mirror = repository()
    with stack("e2e-versions", tmp_path, small_target_settings(subnet_of("versions"), 1)) as target:
        target.set("machines.image", image_of("plain"))
        target.set("engine.source", "docker.com")
        target.set("engine.version", OLDER)
        if of_mirror:
            target.set("engine.repository", of_mirror | {"key_fingerprint": "A" * 40})
            refused = target.up()
            assert refused.code != 0
            assert f"{of_mirror['url']} has the key {of_mirror['key_fingerprint']} and not {'A' * 40}" in refused.text
        target.set("engine.repository", of_mirror)
        for version in (OLDER, NEWER, OLDER):
            update(target, version)
            ran("engine.source", "a signed repository as docker.com's", engine=version)
            ran("engine.version", version, engine=version)


def test_engine_of_the_distribution_gives_way_to_that_of_docker(tmp_path: Path) -> None:
    of_mirror = repository()
    with stack("e2e-versions", tmp_path, small_target_settings(subnet_of("versions"), 1)) as target:
        target.set("machines.image", image_of("plain"))
        target.set("engine.repository", {})
        target.set("engine.source", "distribution")
        target.set("engine.version", "20.10.24")
        result = target.up()
        assert result.code == 0, result.text
        assert running(target) == dict.fromkeys(MACHINES, "20.10.24")
        target.set("engine.source", "docker.com")
        target.set("engine.repository", of_mirror)
        update(target, NEWER)
