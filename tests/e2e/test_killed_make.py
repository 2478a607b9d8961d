"""Killed on machines that exist already, `make up` and `make down` are completed by the next ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.existing_hosts import Hosts, hosts
from tests.e2e.harness import CHECKOUT, run, stack
from tests.e2e.networks import here, subnet_of
from tests.e2e.waiting import killed, wait_for

pytestmark = pytest.mark.slow

USER = "killed-hosts"
MOMENTS = {
    "its first networks": ("network", "ls", "--quiet", "--filter", "scope=swarm", "--filter", "name=docker-api"),
    "its first configs": ("config", "ls", "--quiet"),
    "its first services": ("service", "ls", "--quiet"),
}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Hosts]:
    """A host, and a stack of which it shall be the one machine."""
    off = {"enabled": False}
    settings = {
        "kind": "target",
        "machines": {"provider": "existing", "pools": {}},
        "firewall": {"management": [here(subnet_of(USER))]},
        "monitoring": off,
        "nfs": off,
        "s3": off,
    }
    with stack("e2e-killed-hosts", tmp_path, settings) as target, hosts(target, "manager-1", user=USER) as found:
        lines = [
            line for line in run("local/settings.sh", cwd=CHECKOUT).text.split() if not line.startswith("machines.")
        ]
        target.must("pulumi", "config", "set-all", "--path", *(f"--plaintext=nuvla-swarm:{line}" for line in lines))
        target.must("pulumi", "config", "set", "--secret", "nuvla-swarm:ssh_private_key", "--", found.private_key)
        target.set("machines.pools", {"manager": {"role": "manager", "hosts": {"1": found.settings("manager-1")}}})
        yield found


def listed(made: Hosts, *command: str) -> list[str]:
    """What Docker lists on the host; nothing as long as it is not there."""
    answer = made.stack.on("manager-1", "docker", *command)
    return answer.text.split() if answer.code == 0 else []


def test_what_was_killed_is_completed_by_the_next(made: Hosts) -> None:
    target = made.stack
    for what, command in MOMENTS.items():
        killed(target, "up", lambda command=command: listed(made, *command) != [], what)  # type: ignore[misc]
    result = target.make("up")
    assert result.code == 0, result.text
    assert "pending_operations" not in target.must("pulumi", "stack", "export").text
    again = target.up()
    assert again.code == 0, again.text
    assert again.touched() == set(), again.text
    assert len(listed(made, *MOMENTS["its first networks"])) == 1
    services = listed(made, *MOMENTS["its first services"])
    killed(target, "down", lambda: len(listed(made, *MOMENTS["its first services"])) < len(services), "a service less")
    down = target.make("down")
    assert down.code == 0, down.text
    wait_for(lambda: target.on("manager-1", "test", "-e", "/etc/nuvla-swarm").code != 0, "the host was left")
    assert "urn:pulumi" not in target.must("pulumi", "stack", "export").text
