"""Kills of `make up` and `make down` on existing machines: the next run completes a killed one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.existing_hosts import ExistingHosts, existing_hosts
from tests.e2e.harness import run, stack
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.waiting import kill_make_when, wait_for
from tests.support.checkout import CHECKOUT

pytestmark = pytest.mark.slow

NETWORK_USER = "killed-hosts"
LISTINGS = {
    "the first networks": ("network", "ls", "--quiet", "--filter", "scope=swarm", "--filter", "name=docker-api"),
    "the first configs": ("config", "ls", "--quiet"),
    "the first services": ("service", "ls", "--quiet"),
}


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[ExistingHosts]:
    """Yield a host, and a stack with the host as its only machine."""
    disabled = {"enabled": False}
    settings = {
        "kind": "target",
        "machines": {"provider": "existing", "pools": {}},
        "firewall": {"management": [this_computer(subnet_of(NETWORK_USER))]},
        "monitoring": disabled,
        "nfs": disabled,
        "s3": disabled,
    }
    with (
        stack("e2e-killed-hosts", tmp_path, settings) as target,
        existing_hosts(target, "manager-1", network_user=NETWORK_USER) as hosts,
    ):
        lines = [
            line for line in run("local/settings.sh", cwd=CHECKOUT).text.split() if not line.startswith("machines.")
        ]
        target.must("pulumi", "config", "set-all", "--path", *(f"--plaintext=nuvla-swarm:{line}" for line in lines))
        target.must("pulumi", "config", "set", "--secret", "nuvla-swarm:ssh_private_key", "--", hosts.private_key)
        target.set("machines.pools", {"manager": {"role": "manager", "hosts": {"1": hosts.settings("manager-1")}}})
        yield hosts


def list_on_host(hosts: ExistingHosts, *command: str) -> list[str]:
    """Return what Docker lists on the host: nothing before Docker is there."""
    answer = hosts.stack.on("manager-1", "docker", *command)
    return answer.text.split() if answer.code == 0 else []


def test_killed_make_up_and_down_are_completed_by_the_next_run(hosts: ExistingHosts) -> None:
    target = hosts.stack
    for what, command in LISTINGS.items():
        kill_make_when(target, "up", lambda command=command: list_on_host(hosts, *command) != [], what)  # type: ignore[misc]
    result = target.make("up")
    assert result.code == 0, result.text
    assert "pending_operations" not in target.must("pulumi", "stack", "export").text
    second = target.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text
    assert len(list_on_host(hosts, *LISTINGS["the first networks"])) == 1
    services = list_on_host(hosts, *LISTINGS["the first services"])
    kill_make_when(
        target,
        "down",
        lambda: len(list_on_host(hosts, *LISTINGS["the first services"])) < len(services),
        "a service is removed",
    )
    down = target.make("down")
    assert down.code == 0, down.text
    wait_for(lambda: target.on("manager-1", "test", "-e", "/etc/nuvla-swarm").code != 0, "the host is restored")
    assert "urn:pulumi" not in target.must("pulumi", "stack", "export").text
