"""Instances of Exoscale that are gone, the API manager among them: another manager takes its place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.exoscale_stacks import EXOSCALE_MACHINES, ExoscaleStack, exoscale_stack
from tests.e2e.harness import TRAEFIK_ALONE, docker
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.settling import assert_settled, update_of
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")
SETTINGS: dict[str, Any] = {
    "kind": "target",
    "machines": EXOSCALE_MACHINES | {"elastic_ip": True, "pools": {"manager": {"role": "manager", "count": 3}}},
    "firewall": {"management": [this_computer(subnet_of("lost-exoscale"))]},
    **TRAEFIK_ALONE,
}


@pytest.fixture(scope="module")
def three_managers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExoscaleStack]:
    """Yield a target on three instances that is up; the tests run in their order."""
    folder = Path(tmp_path_factory.mktemp("lost-exoscale"))
    with exoscale_stack("e2e-exo-lost", folder, SETTINGS, subnet_of("lost-exoscale")) as target:
        result = target.make("up")
        assert result.code == 0, result.text
        yield target


def delete_by_hand(target: ExoscaleStack, machine: str) -> None:
    """Delete an instance, as somebody does in the portal."""
    instance = target.instance(machine)
    docker("rm", "--force", "--volumes", instance["container"])
    records = target.folder / "cloud" / "cloud.json"
    cloud = json.loads(records.read_text())
    del cloud["instance"][instance["id"]]
    records.write_text(json.dumps(cloud))


def states(target: ExoscaleStack) -> dict[str, str]:
    listed = target.on("manager-2", "docker", "node", "ls", "--format", "{{.Hostname}} {{.Status}}").text
    return dict(line.split() for line in listed.splitlines())


def ready(target: ExoscaleStack) -> bool:
    return states(target) == dict.fromkeys(MANAGERS, "Ready")


def test_api_manager_whose_instance_is_gone_is_created_again(three_managers: ExoscaleStack) -> None:
    delete_by_hand(three_managers, "manager-1")
    result = three_managers.make("up")
    assert result.code == 0, result.text
    assert "the machine manager-1 is gone, and the update creates it again" in result.text
    assert "manager-1 is no manager of the swarm now; this update works through manager-2 instead" in result.text
    wait_for(lambda: ready(three_managers), "all are members", 60, lambda: str(states(three_managers)))
    assert_settled(three_managers, "manager-1", "manager-2")


def test_api_manager_that_hangs_is_left_alone_and_used_again_when_it_answers(three_managers: ExoscaleStack) -> None:
    """For Exoscale it runs, and its kernel accepts connections, which nobody serves."""
    container = three_managers.container("manager-1")
    docker("pause", container)
    try:
        three_managers.set("traefik", {"log_level": "WARN"})
        result = three_managers.make("up")
        assert result.code == 0, result.text
        assert "the machine manager-1 does not answer, and the update leaves it as it is" in result.text
        assert "manager-1 does not answer; this update works through manager-2 instead" in result.text
        second = three_managers.make("up")
        assert update_of(second).touched() == set(), second.text
    finally:
        docker("unpause", container)
    wait_for(lambda: ready(three_managers), "all are members", 60, lambda: str(states(three_managers)))
    assert_settled(three_managers, "manager-1", "manager-2")
