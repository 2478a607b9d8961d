"""Machines that exist already: they are checked, joined, protected, and left as they were."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import CHECKOUT, Stack, run, stack
from tests.e2e.hosts import HERE, Hosts, hosts

NAMES = ("manager-1", "worker-1", "worker-2")


def settings() -> dict[str, Any]:
    """A target of which Traefik and the files are there."""
    return {
        "kind": "target",
        "machines": {"provider": "existing", "firewall": True, "pools": {}},
        "firewall": {"management": [HERE]},
        "monitoring": {"enabled": False},
        "nfs": {"server_kind": "ganesha", "machine": "worker-2"},
        "s3": {"enabled": False},
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """Three hosts, and a stack that has them in its settings."""
    folder = Path(tmp_path_factory.mktemp("existing"))
    with (
        stack("e2e-existing", folder, settings()) as target,
        hosts(target, *NAMES, with_engine=["worker-2"]) as found,
    ):
        configure(found)
        yield found


def configure(found: Hosts) -> None:
    """The settings that name the hosts, and those that this computer needs."""
    lines = [line for line in run("lab/settings.sh", cwd=CHECKOUT).text.split() if not line.startswith("machines.")]
    found.stack.must("pulumi", "config", "set-all", "--path", *(f"--plaintext=nuvla-swarm:{line}" for line in lines))
    found.stack.must("pulumi", "config", "set", "--secret", "nuvla-swarm:ssh_private_key", "--", found.private_key)
    found.stack.set("machines.pools", pools(found))


def pools(found: Hosts) -> dict[str, Any]:
    """All hosts, in two pools."""
    return {
        "manager": {"role": "manager", "hosts": {"1": found.settings("manager-1")}},
        "worker": {"role": "worker", "hosts": {"1": found.settings("worker-1"), "2": found.settings("worker-2")}},
    }


def inventories(found: Hosts) -> dict[str, list[str]]:
    return {name: found.script(name, "inventory.sh").splitlines() for name in NAMES}


def test_machines_are_taken_in_and_left_as_they_were(made: Hosts) -> None:
    target = made.stack
    before = inventories(made)
    result = target.up()
    assert result.code == 0, result.text
    assert nodes(target) == dict.fromkeys(NAMES, "Ready Active")
    again = target.up()
    assert again.touched() == set(), again.text
    destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    after = inventories(made)
    for name in NAMES:
        assert [line for line in after[name] if line not in before[name]] == [], name
        assert [line for line in before[name] if line not in after[name]] == [], name


def nodes(target: Stack) -> dict[str, str]:
    """The nodes of the swarm, by the names of the hosts without their domain."""
    return {name.removesuffix(".example"): state for name, state in target.nodes().items()}
