"""Fixtures of stacks on the real Docker engine: a small target, and a full target that several modules share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.harness import TRAEFIK_ALONE, Stack, docker, stack
from tests.e2e.machines import ARE_GUESTS
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.port_probes import Prober, running_prober
from tests.e2e.scheduling import FULL_TARGET_FILES
from tests.e2e.waiting import wait_for_routes
from tests.kernel.guest_target import guest_target
from tests.kernel.marks import mark_as_kernel
from tests.support.stand_ins import skip_without_stand_in


def small_target_settings(subnet: str, workers: int) -> dict[str, Any]:
    """Return the settings of a target with one manager, some workers, and Traefik as its only service."""
    return {
        "kind": "target",
        "machines": {
            "provider": "local",
            "subnet": subnet,
            "pools": {"manager": {"role": "manager"}, "worker": {"role": "worker", "count": workers}},
        },
        "firewall": {"management": [this_computer(subnet)]},
        **TRAEFIK_ALONE,
    }


def full_target_settings(subnet: str) -> dict[str, Any]:
    """Return the settings of a target with every service on three machines; this computer is an operator and a user."""
    return small_target_settings(subnet, 2) | {
        "firewall": {
            "management": ["192.0.2.0/24", this_computer(subnet)],
            "nuvla": ["198.51.100.0/24"],
            "users": ["203.0.113.0/24", this_computer(subnet)],
        },
        "monitoring": {"prometheus": {"scrape_interval_s": 5}},
        "nfs": {"server": "ganesha"},
        "s3": {},
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder with `engine`, and sort those that restart machines behind those without alerts.

    Errors: `AssertionError` if a file uses the full target and is not listed as one that does.
    """
    e2e_items = [item for item in items if item.path.parent == Path(__file__).parent]
    unlisted = {
        item.path.name for item in e2e_items if "full_target" in getattr(item, "fixturenames", ())
    } - FULL_TARGET_FILES
    for item in e2e_items:
        item.add_marker("engine")
        if ARE_GUESTS and "full_target" in getattr(item, "fixturenames", ()):
            mark_as_kernel(item)
    assert not unlisted, f"add to FULL_TARGET_FILES in tests/e2e/scheduling.py: {unlisted}"
    items.sort(key=lambda item: item.path == Path(__file__).with_name("test_firewall.py"))


@pytest.fixture(scope="session", autouse=True)
def docker_engine() -> str:
    """Return the version of the Docker engine; `make test` starts an engine where there is none."""
    return docker("version", "--format", "{{.Server.Version}}")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on one manager and two workers that is up; tests of a module share it and restore it."""
    skip_without_stand_in("traefik", "haproxy")
    folder = Path(tmp_path_factory.mktemp("target"))
    with stack("e2e-target", folder, small_target_settings(subnet_of("target"), 2)) as target:
        result = target.up()
        assert result.code == 0, result.text
        (target.folder / "up.log").write_text(result.text)
        yield target


@pytest.fixture(scope="session")
def full_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a full target that is up; tests of several modules share it and restore it."""
    skip_without_stand_in()
    # Each worker of xdist has its own stack.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    folder = Path(tmp_path_factory.mktemp("whole"))
    settings = full_target_settings(subnet_of("guests" if ARE_GUESTS else f"whole-{worker}"))
    if ARE_GUESTS:
        with guest_target("e2e-guests", folder, settings) as full_target:
            yield full_target
        return
    with stack(f"e2e-whole-{worker}", folder, settings) as full_target:
        result = full_target.up()
        assert result.code == 0, result.text
        (full_target.folder / "up.log").write_text(result.text)
        yield full_target


@pytest.fixture(scope="session")
def outputs(full_target: Stack) -> dict[str, Any]:
    """Return the outputs of the full target."""
    return full_target.outputs()


@pytest.fixture(scope="session")
def prober(full_target: Stack) -> Iterator[Prober]:
    """Yield a prober on the network of the full target's machines."""
    # A guest lets in the members of its swarm alone, a local machine all of its network.
    with running_prober(full_target, member="worker-2" if ARE_GUESTS else "") as prober:
        yield prober


@pytest.fixture(scope="session")
def user_session(full_target: Stack, outputs: dict[str, Any]) -> Iterator[requests.Session]:
    """Yield an HTTPS session of a user, who trusts the certificate of the full target."""
    with full_target.https_session() as session:
        wait_for_routes(outputs["urls"], session)
        yield session
