"""Kills of `make up` and `make down`, at chosen and at random moments: the next run completes a killed one."""

import random
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import small_target_settings
from tests.e2e.existing_hosts import ExistingHosts, existing_hosts
from tests.e2e.harness import TRAEFIK_ALONE, Stack, run, stack
from tests.e2e.networks import subnet_of, this_computer
from tests.e2e.test_existing_machines import configure
from tests.e2e.waiting import kill_make_after, kill_make_when, wait_for

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
    settings = {
        "kind": "target",
        "machines": {"provider": "existing", "pools": {}},
        "firewall": {"management": [this_computer(subnet_of(NETWORK_USER))]},
        **TRAEFIK_ALONE,
    }
    with (
        stack("e2e-killed-hosts", tmp_path, settings) as target,
        existing_hosts(target, "manager-1", network_user=NETWORK_USER) as hosts,
    ):
        configure(hosts, {"manager": {"role": "manager", "hosts": {"1": hosts.settings("manager-1")}}})
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


def _make_anew(target: Stack, _rng: random.Random) -> None:
    """Remove the stack, so that the next `make up` creates all of it."""
    down = target.make("down")
    assert down.code == 0, down.text


def _resize(target: Stack, rng: random.Random) -> None:
    now = target.get("machines.pools.worker.count")
    target.set_workers(rng.choice([count for count in range(3) if count != now]))


def _configure_engines(target: Stack, rng: random.Random) -> None:
    target.set("engine", {"log_max_size_mib": rng.randrange(11, 100)})


def _change_services(target: Stack, rng: random.Random) -> None:
    levels = ["DEBUG", "INFO", "WARN", "ERROR"]
    target.set("traefik", {"dashboard": rng.random() < 0.5, "log_level": rng.choice(levels)})


def _lose_a_machine(target: Stack, rng: random.Random) -> None:
    machines = ["manager-1", *(f"worker-{number + 1}" for number in range(target.get("machines.pools.worker.count")))]
    run("docker", "rm", "--force", target.container(rng.choice(machines)))


MOST_TRIES = 3  # for each kill: an update may end before
# With the seconds that each takes at least, in which the kill falls.
CHANGES: list[tuple[Callable[[Stack, random.Random], None], float]] = [
    (_make_anew, 24),
    (_resize, 12),
    (_lose_a_machine, 14),
    (_change_services, 10),
    (_make_anew, 24),
    (_resize, 12),
    (_configure_engines, 12),
]


def assert_complete(target: Stack) -> None:
    """Assert that an update changes nothing, that nothing is pending, and that all machines are members."""
    second = target.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text
    assert "pending_operations" not in target.must("pulumi", "stack", "export").text
    workers = [f"worker-{number + 1}" for number in range(target.get("machines.pools.worker.count"))]
    members = dict.fromkeys(["manager-1", *workers], "Ready Active")
    wait_for(lambda: target.nodes() == members, f"the nodes are {members}", 60, lambda: str(target.nodes()))


def test_make_up_killed_at_random_moments_goes_on_to_no_changes(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each kill hits a `make up` that creates or changes something; some of them leave Pulumi running by itself."""
    kills = request.config.getoption("kills")
    seed = str(request.config.getoption("seed") or secrets.token_hex(4))
    print(f"again: --seed {seed} --kills {kills}")
    rng, hits = random.Random(seed), 0
    with stack("e2e-killed-anywhere", tmp_path, small_target_settings(subnet_of("killed-anywhere"), 1)) as target:
        for number in range(MOST_TRIES * kills):
            if hits == kills:
                break
            change, least_s = CHANGES[number % len(CHANGES)]
            change(target, rng)
            after_s, whole = rng.uniform(0, least_s), rng.random() < 0.75
            hit = kill_make_after(target, "up", after_s)
            if hit and whole:
                target.kill_processes()
            start = time.monotonic()
            result = target.make("up")
            took_s = time.monotonic() - start
            what = ("all processes" if whole else "make alone") if hit else "nothing, as it had ended"
            print(f"{change.__name__.strip('_')}: {what} killed after {after_s:.1f} s; then {took_s:.0f} s", flush=True)
            assert result.code == 0, result.text
            assert_complete(target)
            hits += hit
        assert hits == kills, "too many updates ended before they were killed"
