"""Existing machines of which the one dies that the program talks to, and that has the files: others take its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import docker, stack
from tests.e2e.hosts import Hosts, hosts
from tests.e2e.networks import here, subnet_of
from tests.e2e.test_existing import configure, settings

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Hosts]:
    """Three managers, of which the first one is the entry and serves the files."""
    wanted = settings(here(subnet_of("lost-hosts"))) | {"nfs": {"server": "ganesha"}}
    with stack("e2e-lost-hosts", tmp_path, wanted) as target, hosts(target, *MANAGERS, user="lost-hosts") as found:
        configure(found, {"manager": {"role": "manager", "hosts": members(found)}})
        result = target.up()
        assert result.code == 0, result.text
        yield found


def members(found: Hosts) -> dict[str, Any]:
    return {name.removeprefix("manager-"): found.settings(name) for name in MANAGERS}


def nodes(found: Hosts) -> dict[str, str]:
    listed = found.stack.on("manager-2", "docker", "node", "ls", "--format", "{{.Hostname}} {{.Status}}").text
    return dict(line.replace(".example", "").split() for line in listed.splitlines())


def test_the_dead_entry_with_the_files_is_given_up_in_one_update(three: Hosts) -> None:
    target = three.stack
    docker("stop", "--time", "1", target.container("manager-1"))
    target.set("machines.lost", ["manager-1"])
    target.set("swarm.api_manager", "manager-2")
    target.set("nfs.machine", "manager-3")
    target.set("monitoring.machine", "manager-3")
    given_up = target.up()
    assert given_up.code == 0, given_up.text
    assert nodes(three) == dict.fromkeys(("manager-2", "manager-3"), "Ready")
    assert target.on("manager-3", "findmnt", "--mountpoint", "/nfs-root").code == 0
    again = target.up()
    assert again.touched() == set(), again.text
    docker("start", target.container("manager-1"))
    target.set("machines.lost", [])
    back = target.up()
    assert back.code == 0, back.text
    assert nodes(three) == dict.fromkeys(MANAGERS, "Ready"), "no ghost of what it was before"
    assert target.on("manager-1", "findmnt", "--mountpoint", "/nfs-root").code != 0, "it no longer serves the files"
    again = target.up()
    assert again.touched() == set(), again.text
