"""Three managers: they join, replace a dead API manager, recover from the loss of a quorum, and leave."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")


@pytest.fixture(scope="module")
def three_managers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three managers that is up; the tests run in their order."""
    with stack(
        "e2e-managers", Path(tmp_path_factory.mktemp("managers")), small_target_settings(subnet_of("managers"), 0)
    ) as target:
        target.set("machines.pools.manager.count", 3)
        result = target.up()
        assert result.code == 0, result.text
        yield target


def roles(three_managers: Stack, manager: str = "manager-1") -> dict[str, str]:
    text = three_managers.on(manager, "docker", "node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}").text
    return dict(line.rstrip().partition(" ")[::2] for line in text.splitlines())


def test_all_machines_are_managers_and_answer_requests(three_managers: Stack) -> None:
    assert set(roles(three_managers)) == set(MANAGERS)
    assert sorted(roles(three_managers).values()) == ["Leader", "Reachable", "Reachable"]
    for machine in three_managers.outputs()["machines"].values():
        answer = requests.get(f"http://{machine['public_address']}/", allow_redirects=False, timeout=10)
        assert answer.is_redirect


def test_another_api_manager_replaces_no_resource_and_no_node(three_managers: Stack) -> None:
    before = three_managers.on("manager-1", "docker", "node", "ls", "--quiet").text
    three_managers.set("swarm.api_manager", "manager-2")
    result = three_managers.up()
    assert result.code == 0, result.text
    assert "replac" not in result.text
    assert sorted(three_managers.on("manager-1", "docker", "node", "ls", "--quiet").text.split()) == sorted(
        before.split()
    )
    assert three_managers.outputs()["docker"]["endpoint"].split(":")[1][2:] in str(
        three_managers.outputs()["machines"]["manager-2"]
    )


def test_dead_api_manager_is_removed_in_the_update_that_names_another(three_managers: Stack) -> None:
    before = three_managers.outputs()["machines"]
    docker("stop", "--time", "1", three_managers.container("manager-2"))
    three_managers.set("machines.lost", ["manager-2"])
    three_managers.set("swarm.api_manager", "manager-3")
    result = three_managers.up()
    assert result.code == 0, result.text
    assert set(roles(three_managers)) == {"manager-1", "manager-3"}
    second = three_managers.up()
    assert second.touched() == set(), second.text
    three_managers.set("machines.lost", [])
    restored = three_managers.up()
    assert restored.code == 0, restored.text
    assert sorted(roles(three_managers)) == sorted(MANAGERS), "no ghost of the former node"
    assert three_managers.outputs()["machines"] == before
    second = three_managers.up()
    assert second.touched() == set(), second.text


def test_last_of_three_managers_recovers_as_the_error_says(three_managers: Stack) -> None:
    for name in ("manager-2", "manager-3"):
        docker("stop", "--time", "1", three_managers.container(name))
    wait_for(lambda: three_managers.on("manager-1", "docker", "node", "ls").code != 0, "the swarm has no leader")
    three_managers.set("swarm.api_manager", "manager-1")
    three_managers.set("machines.lost", ["manager-2", "manager-3"])
    address = three_managers.address("manager-1")
    refused = three_managers.up()
    assert refused.code != 0
    assert "machines.lost: manager-2, manager-3 given: 1 of 3 managers stay; allowed: 2 or more" in refused.text
    three_managers.allow("manager-majority")
    recovery = f"docker swarm init --force-new-cluster --advertise-addr {address}"
    failed = three_managers.up()
    assert failed.code != 0
    assert f"run 'make recover', or '{recovery}' here, name them in machines.lost" in failed.text, failed.text
    completed = three_managers.on("manager-1", *recovery.split())
    assert completed.code == 0, completed.text
    result = three_managers.up()
    assert result.code == 0, result.text
    assert roles(three_managers) == {"manager-1": "Leader"}
    second = three_managers.up()
    assert second.touched() == set(), second.text
    three_managers.set("machines.lost", [])
    restored = three_managers.up()
    assert restored.code == 0, restored.text
    assert sorted(roles(three_managers)) == sorted(MANAGERS)


def test_pool_shrinks_to_one_manager_that_leads(three_managers: Stack) -> None:
    three_managers.set("swarm.api_manager", None)
    three_managers.set("machines.pools.manager.count", 1)
    three_managers.allow("manager-majority")
    result = three_managers.up()
    assert result.code == 0, result.text
    assert roles(three_managers) == {"manager-1": "Leader"}
    second = three_managers.up()
    assert second.touched() == set(), second.text
