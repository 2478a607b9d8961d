"""Errors of the user: the program refuses each with a line that helps, and completes once the error is corrected."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.networks import address, subnet_of

POOLS = {"manager": {"role": "manager"}}

SUBNET = subnet_of("mistakes")
SUBNET_PART = f"{address('mistakes', 4 * 256)}/22"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Stack]:
    """Yield a target on one machine that is not up yet."""
    with stack("e2e-mistakes", tmp_path, small_target_settings(SUBNET, 0)) as target:
        yield target


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("machine", {}, "machine: unknown key; allowed in the configuration: kind, domain, machines"),
        (
            "machines.pools.manager.size",
            3,
            "machines.pools.manager.size: unknown key; allowed in machines.pools.manager",
        ),
        (
            "machines.pools.manager.count",
            "three",
            'machines.pools.manager.count: "three" given; allowed: a whole number',
        ),
        ("machines.pools.manager.count", 2, "machines.pools: 2 managers given; allowed: 1, 3, 5 or 7"),
        ("machines.pools.manager.count", 0, "machines.pools: 0 managers given; allowed: 1, 3, 5 or 7"),
        ("machines.subnet", "10.77.0.0/40", 'machines.subnet: "10.77.0.0/40" given; allowed: an IPv4 network'),
        (
            "swarm.address_pools",
            [SUBNET_PART],
            f"swarm.address_pools[0]: {SUBNET_PART} given; allowed: a network outside",
        ),
        ("machines.provider", "vmware", "machines.provider: \"vmware\" given; allowed: 'local'"),
    ],
)
def test_wrong_setting_stops_preview_and_up_before_the_first_resource(
    target: Stack, path: str, value: Any, line: str
) -> None:
    target.set(path, value)
    for result in (target.preview(), target.up()):
        assert result.code != 0
        assert f"nuvla-swarm:{line}" in result.text
        assert "Traceback" not in result.text
        assert not re.search(r"(docker|command|tls|nuvla):\S+ \S+ (create|creating)", result.text)
    assert target.leftovers() == []


def test_each_wrong_setting_has_its_own_line(target: Stack) -> None:
    target.set("machines.pools.manager.count", "three")
    target.set("traefik.log_level", "LOUD")
    text = target.preview().text
    assert len([line for line in text.splitlines() if line.strip().startswith("nuvla-swarm:")]) == 2


def test_unreachable_engine_is_named_and_up_completes_when_the_engine_is_back(target: Stack) -> None:
    failed = target.run("pulumi", "up", "--yes", "--skip-preview", env={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert failed.code != 0
    assert "no Docker engine answers at unix:///nowhere/docker.sock: start it, or set DOCKER_HOST" in failed.text
    assert_up_completes(target)


def test_subnet_in_use_is_named_and_up_completes_when_the_subnet_is_free(target: Stack) -> None:
    # With the stack's label, by which its clean-up removes what a killed run has left.
    network = docker("network", "create", "--label", target.label, "--subnet", SUBNET, "e2e-mistakes-in-the-way")
    try:
        failed = target.up()
    finally:
        docker("network", "rm", network)
    assert failed.code != 0
    assert "the network machines.subnet is in use on the Docker engine" in failed.text
    assert_up_completes(target)


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("machines.image", "the image 127.0.0.1:9/no-such:1 is not on the Docker engine and cannot be pulled"),
        ("images.traefik", "manager-1: the image 127.0.0.1:9/no-such:1 cannot be pulled"),
    ],
)
def test_image_that_cannot_be_pulled_is_named(target: Stack, setting: str, line: str) -> None:
    image = target.get(setting)
    target.set(setting, "127.0.0.1:9/no-such:1")
    failed = target.up()
    assert failed.code != 0
    assert line in failed.text
    target.set(setting, image)
    assert_up_completes(target)


def assert_up_completes(target: Stack) -> None:
    result = target.up()
    assert result.code == 0, result.text
    assert target.nodes() == {"manager-1": "Ready Active"}
    destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    assert target.leftovers() == []
