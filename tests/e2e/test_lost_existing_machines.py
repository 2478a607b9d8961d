"""Existing machines whose API manager, which serves the files, dies: other managers take over."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.existing_hosts import ExistingHosts, existing_hosts
from tests.e2e.harness import docker, stack
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.settling import assert_settled, update_of
from tests.e2e.test_existing_machines import configure, settings
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")


@pytest.fixture
def three_managers(tmp_path: Path) -> Iterator[ExistingHosts]:
    """Yield three managers; the first is the API manager and serves the files."""
    changed_settings = settings(this_computer(subnet_of("lost-hosts"))) | {"nfs": {"server": "ganesha"}}
    with (
        stack("e2e-lost-hosts", tmp_path, changed_settings) as target,
        existing_hosts(target, *MANAGERS, network_user="lost-hosts") as hosts,
    ):
        configure(hosts, {"manager": {"role": "manager", "hosts": host_settings(hosts)}})
        result = target.up()
        assert result.code == 0, result.text
        yield hosts


def host_settings(hosts: ExistingHosts) -> dict[str, Any]:
    return {name.removeprefix("manager-"): hosts.settings(name) for name in MANAGERS}


def nodes(hosts: ExistingHosts) -> dict[str, str]:
    listed = hosts.stack.on("manager-2", "docker", "node", "ls", "--format", "{{.Hostname}} {{.Status}}").text
    return dict(line.replace(".example", "").split() for line in listed.splitlines())


def test_silent_api_manager_is_left_alone_and_used_again_when_it_is_back(three_managers: ExistingHosts) -> None:
    """It serves the files, so that services are bound to it."""
    target = three_managers.stack
    docker("stop", "--time", "1", target.container("manager-1"))
    target.set("traefik", {"log_level": "WARN"})
    result = target.make("up")
    assert result.code == 0, result.text
    assert "the machine manager-1 does not answer, and the update leaves it as it is" in result.text
    assert "manager-1 does not answer; this update works through manager-2 instead" in result.text
    assert nodes(three_managers) == {"manager-1": "Down", "manager-2": "Ready", "manager-3": "Ready"}
    second = target.make("up")
    assert update_of(second).touched() == set(), second.text
    docker("start", target.container("manager-1"))
    wait_for(lambda: target.on("manager-1", "docker", "node", "ls").code == 0, "manager-1 is back", 120)
    assert_settled(target, "manager-1", "manager-2")
    assert nodes(three_managers) == dict.fromkeys(MANAGERS, "Ready")


def test_dead_api_manager_with_the_files_is_replaced_in_one_update(three_managers: ExistingHosts) -> None:
    target = three_managers.stack
    docker("stop", "--time", "1", target.container("manager-1"))
    target.set("machines.lost", ["manager-1"])
    target.set("swarm.api_manager", "manager-2")
    target.set("nfs.machine", "manager-3")
    target.set("monitoring.machine", "manager-3")
    replaced = target.up()
    assert replaced.code == 0, replaced.text
    assert nodes(three_managers) == dict.fromkeys(("manager-2", "manager-3"), "Ready")
    assert target.on("manager-3", "findmnt", "--mountpoint", "/nfs-root").code == 0
    second = target.up()
    assert second.touched() == set(), second.text
    docker("start", target.container("manager-1"))
    target.set("machines.lost", [])
    back = target.up()
    assert back.code == 0, back.text
    assert nodes(three_managers) == dict.fromkeys(MANAGERS, "Ready"), "no ghost of the former node"
    assert target.on("manager-1", "findmnt", "--mountpoint", "/nfs-root").code != 0, (
        "manager-1 no longer serves the files"
    )
    second = target.up()
    assert second.touched() == set(), second.text
    assert_removed_without(three_managers, "manager-2")


def assert_removed_without(hosts: ExistingHosts, api_manager: str) -> None:
    """Check that `make down` touches nothing while the API manager is dead, and removes the rest once it is lost."""
    target = hosts.stack
    others = [name for name in MANAGERS if name != api_manager]
    docker("stop", "--time", "1", target.container(api_manager))
    refused = target.make("down")
    assert refused.code != 0, refused.text
    assert (
        f"no SSH server answers at {api_manager} ({hosts.addresses[api_manager]}), so nothing is removed"
        in refused.text
    )
    assert all("active" in target.on(name, "systemctl", "is-active", "docker").text for name in others)
    target.set("machines.lost", [api_manager])
    removed = target.make("down")
    assert removed.code == 0, removed.text
    assert f"forgets hosts that do not answer, and undoes nothing there: {api_manager}" in removed.text
    for name in others:
        assert target.on(name, "test", "-e", "/etc/nuvla-swarm/owner").code != 0, "the host is not restored"
    assert not json.loads(target.must("pulumi", "stack", "export").text)["deployment"].get("resources")
