"""Stacks on the real engine, with the settings that this machine's engine needs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.harness import Stack, docker, stack
from tests.e2e.moments import wait_for_entry
from tests.e2e.networks import here, subnet_of
from tests.e2e.probes import Prober, prober
from tests.e2e.scheduling import WHOLE
from tests.support.stand_ins import skip_without_stand_in


def settings(subnet: str, workers: int) -> dict[str, Any]:
    """A target with one manager, and of its services Traefik alone."""
    return {
        "kind": "target",
        "machines": {
            "provider": "local",
            "subnet": subnet,
            "pools": {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": workers}},
        },
        "firewall": {"management": [here(subnet)]},
        "monitoring": {"enabled": False},
        "nfs": {"enabled": False},
        "s3": {"enabled": False},
    }


def whole_settings(subnet: str) -> dict[str, Any]:
    """A target with all that it can have, on one manager and two workers; this computer is an operator and a user."""
    return settings(subnet, 2) | {
        "firewall": {
            "management": ["192.0.2.0/24", here(subnet)],
            "nuvla": ["198.51.100.0/24"],
            "users": ["203.0.113.0/24", here(subnet)],
        },
        "monitoring": {"prometheus": {"scrape_interval_s": 5}},
        "nfs": {"server": "ganesha"},
        "s3": {},
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that restart machines, of which alerts rightly tell, come after those that want no alert to fire."""
    ours = [item for item in items if item.path.parent == Path(__file__).parent]
    strays = {item.path.name for item in ours if "whole" in getattr(item, "fixturenames", ())} - WHOLE
    assert not strays, f"tests/e2e/scheduling.py does not name {strays}"
    items.sort(key=lambda item: item.path == Path(__file__).with_name("test_firewall.py"))


@pytest.fixture(scope="session", autouse=True)
def docker_engine() -> str:
    """The engine that the machines run on: `make test` starts one where there is none."""
    return docker("version", "--format", "{{.Server.Version}}")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target on one manager and two workers that is up. Tests of a module share it and leave it as it was."""
    skip_without_stand_in("traefik", "haproxy")
    folder = Path(tmp_path_factory.mktemp("target"))
    with stack("e2e-target", folder, settings(subnet_of("target"), 2)) as made:
        result = made.up()
        assert result.code == 0, result.text
        (made.folder / "up.log").write_text(result.text)
        yield made


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target with everything that is up. Tests of several modules share it and leave it as it was."""
    skip_without_stand_in()
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))  # else workers had one of one name
    folder = Path(tmp_path_factory.mktemp("whole"))
    with stack(f"e2e-whole-{number}", folder, whole_settings(subnet_of(f"whole-{number}"))) as made:
        result = made.up()
        assert result.code == 0, result.text
        (made.folder / "up.log").write_text(result.text)
        yield made


@pytest.fixture(scope="session")
def exported(whole: Stack) -> dict[str, Any]:
    """The outputs of `whole`."""
    return whole.outputs()


@pytest.fixture(scope="session")
def by(whole: Stack) -> Iterator[Prober]:
    """Somebody on the network of the machines of `whole`."""
    with prober(whole) as made:
        yield made


@pytest.fixture(scope="session")
def user(whole: Stack, exported: dict[str, Any]) -> Iterator[requests.Session]:
    """A user of `whole`, who trusts its certificate."""
    with whole.user() as session:
        wait_for_entry(exported["urls"], session)
        yield session
