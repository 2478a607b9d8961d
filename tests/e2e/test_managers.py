"""Three managers: how they come, take over from each other, and go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import settings
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.moments import wait_for
from tests.e2e.networks import subnet_of

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target on three managers that is up."""
    with stack("e2e-managers", Path(tmp_path_factory.mktemp("managers")), settings(subnet_of("managers"), 0)) as made:
        made.set("machines.pools.manager.count", 3)
        result = made.up()
        assert result.code == 0, result.text
        yield made


def roles(three: Stack, asked: str = "manager-1") -> dict[str, str]:
    text = three.on(asked, "docker", "node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}").text
    return dict(line.rstrip().partition(" ")[::2] for line in text.splitlines())


def test_all_are_managers_and_answer_for_the_services(three: Stack) -> None:
    assert set(roles(three)) == set(MANAGERS)
    assert sorted(roles(three).values()) == ["Leader", "Reachable", "Reachable"]
    for machine in three.outputs()["machines"].values():
        answer = requests.get(f"http://{machine['public_address']}/", allow_redirects=False, timeout=10)
        assert answer.is_redirect


def test_another_entry_replaces_nothing_and_changes_no_member(three: Stack) -> None:
    before = three.on("manager-1", "docker", "node", "ls", "--quiet").text
    three.set("swarm.api_manager", "manager-2")
    result = three.up()
    assert result.code == 0, result.text
    assert "replac" not in result.text
    assert sorted(three.on("manager-1", "docker", "node", "ls", "--quiet").text.split()) == sorted(before.split())
    assert three.outputs()["docker"]["endpoint"].split(":")[1][2:] in str(three.outputs()["machines"]["manager-2"])


def test_a_dead_entry_is_given_up_in_the_update_that_names_another_one(three: Stack) -> None:
    before = three.outputs()["machines"]
    docker("stop", "--time", "1", three.container("manager-2"))
    three.set("machines.lost", ["manager-2"])
    three.set("swarm.api_manager", "manager-3")
    result = three.up()
    assert result.code == 0, result.text
    assert set(roles(three)) == {"manager-1", "manager-3"}
    again = three.up()
    assert again.touched() == set(), again.text
    three.set("machines.lost", [])
    anew = three.up()
    assert anew.code == 0, anew.text
    assert sorted(roles(three)) == sorted(MANAGERS), "no ghost of what it was before"
    assert three.outputs()["machines"] == before
    again = three.up()
    assert again.touched() == set(), again.text


def test_one_manager_of_three_that_is_left_goes_on_as_the_message_says(three: Stack) -> None:
    for name in ("manager-2", "manager-3"):
        docker("stop", "--time", "1", three.container(name))
    wait_for(lambda: three.on("manager-1", "docker", "node", "ls").code != 0, "there is no leader any more")
    three.set("swarm.api_manager", "manager-1")
    three.set("machines.lost", ["manager-2", "manager-3"])
    address = three.address("manager-1")
    advice = f"docker swarm init --force-new-cluster --advertise-addr {address}"
    told = three.up()
    assert told.code != 0
    assert f"run '{advice}' here, name them in machines.lost" in told.text, told.text
    done = three.on("manager-1", *advice.split())
    assert done.code == 0, done.text
    result = three.up()
    assert result.code == 0, result.text
    assert roles(three) == {"manager-1": "Leader"}
    again = three.up()
    assert again.touched() == set(), again.text
    three.set("machines.lost", [])
    anew = three.up()
    assert anew.code == 0, anew.text
    assert sorted(roles(three)) == sorted(MANAGERS)


def test_the_entry_of_before_goes_in_the_update_that_names_another_one(three: Stack) -> None:
    three.set("swarm.api_manager", None)
    three.set("machines.pools.manager.count", 1)
    result = three.up()
    assert result.code == 0, result.text
    assert roles(three) == {"manager-1": "Leader"}
    again = three.up()
    assert again.touched() == set(), again.text
