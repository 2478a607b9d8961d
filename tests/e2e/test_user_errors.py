"""A mistake of the user is refused with a line that helps, and can be continued from once it is mended."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import settings
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.networks import address, subnet_of

POOLS = {"manager": {"role": "manager"}}

SUBNET = subnet_of("mistakes")
INSIDE = f"{address('mistakes', 4 * 256)}/22"


@pytest.fixture
def unmade(tmp_path: Path) -> Iterator[Stack]:
    """A target on one machine that is not up yet."""
    with stack("e2e-mistakes", tmp_path, settings(SUBNET, 0)) as made:
        yield made


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
            [INSIDE],
            f"swarm.address_pools[0]: {INSIDE} given; allowed: a network outside",
        ),
        ("machines.provider", "vmware", "machines.provider: \"vmware\" given; allowed: 'local'"),
    ],
)
def test_a_wrong_setting_stops_preview_and_up_before_the_first_resource(
    unmade: Stack, path: str, value: Any, line: str
) -> None:
    unmade.set(path, value)
    for result in (unmade.preview(), unmade.up()):
        assert result.code != 0
        assert f"nuvla-swarm:{line}" in result.text
        assert "Traceback" not in result.text
        assert not re.search(r"(docker|command|tls|nuvla):\S+ \S+ (create|creating)", result.text)
    assert unmade.leftovers() == []


def test_every_mistake_has_a_line_of_its_own(unmade: Stack) -> None:
    unmade.set("machines.pools.manager.count", "three")
    unmade.set("traefik.log_level", "LOUD")
    text = unmade.preview().text
    assert len([line for line in text.splitlines() if line.strip().startswith("nuvla-swarm:")]) == 2


def test_an_engine_that_cannot_be_reached_is_named_and_up_continues_when_it_is_back(unmade: Stack) -> None:
    failed = unmade.run("pulumi", "up", "--yes", "--skip-preview", env={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert failed.code != 0
    assert "no Docker engine answers at unix:///nowhere/docker.sock: start it, or set DOCKER_HOST" in failed.text
    assert_it_completes(unmade)


def test_a_subnet_in_use_is_named_and_up_continues_when_it_is_free(unmade: Stack) -> None:
    network = docker("network", "create", "--subnet", SUBNET, "e2e-mistakes-in-the-way")
    try:
        failed = unmade.up()
    finally:
        docker("network", "rm", network)
    assert failed.code != 0
    assert "the network machines.subnet is in use on the Docker engine" in failed.text
    assert_it_completes(unmade)


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("machines.image", "the image 127.0.0.1:9/no-such:1 is not on the Docker engine and cannot be pulled"),
        ("images.traefik", "manager-1: the image 127.0.0.1:9/no-such:1 cannot be pulled"),
    ],
)
def test_an_image_that_cannot_be_pulled_is_named(unmade: Stack, setting: str, line: str) -> None:
    right = unmade.get(setting)
    unmade.set(setting, "127.0.0.1:9/no-such:1")
    failed = unmade.up()
    assert failed.code != 0
    assert line in failed.text
    unmade.set(setting, right)
    assert_it_completes(unmade)


def assert_it_completes(made: Stack) -> None:
    result = made.up()
    assert result.code == 0, result.text
    assert made.nodes() == {"manager-1": "Ready Active"}
    destroyed = made.destroy()
    assert destroyed.code == 0, destroyed.text
    assert made.leftovers() == []
