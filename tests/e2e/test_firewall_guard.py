"""A machine's rules stay, whatever the host's own rules do; without a stack, on one machine with systemd."""

import subprocess
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from tests.e2e.existing_hosts import image_of, isolation
from tests.e2e.harness import docker, run
from tests.e2e.waiting import wait_for
from tests.interrupted.programs import script

On = Callable[..., str]
TABLE = "nft list table inet nuvla_swarm >/dev/null 2>&1 && echo there || echo gone"
RULES = "/etc/nuvla-swarm/firewall.nft"
METRICS = "grep -v ^# /run/nuvla-swarm-metrics/firewall.prom"


@pytest.fixture(scope="module")
def machine() -> Iterator[str]:
    """The name of its container."""
    name = f"nuvla-swarm-kept-{uuid4().hex[:8]}"
    places = ["--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--env", "container=docker"]
    try:
        docker("run", "--detach", "--name", name, *places, *isolation(), image_of("machine"))
        await_start(name)
        sent = script("firewall/scripts/firewall.sh", CONFIRM="")
        loaded = subprocess.run(
            ["docker", "exec", "--interactive", name, "bash", "-s"],
            input=f"{sent['parameters']}{sent['text']}",
            text=True,
            capture_output=True,
            check=False,
        )
        assert loaded.returncode == 0, loaded.stderr
        yield name
    finally:
        run("docker", "rm", "--force", "--volumes", name)


@pytest.fixture
def on(machine: str) -> On:
    """What a line of shell says there."""
    return lambda line: run("docker", "exec", machine, "bash", "-c", line).text.strip()


def await_start(name: str) -> None:
    command = ["docker", "exec", name, "systemctl", "is-system-running"]
    wait_for(lambda: run(*command).text.strip() in ("running", "degraded"), "the machine has started")


@pytest.mark.parametrize("verb", ["start", "reload", "restart", "stop"])
def test_the_hosts_own_rules_take_nothing_away(on: On, verb: str) -> None:
    assert on(f"systemctl {verb} nftables && {TABLE}") == "there"


def test_who_flushes_finds_the_table_back_and_is_told(on: On) -> None:
    assert on(f"nft flush ruleset; {TABLE}") == "gone"
    wait_for(lambda: on(TABLE) == "there", "the guard has loaded it again", 30)
    told = "nuvla_swarm_firewall_in_force 1\nnuvla_swarm_firewall_loaded_again_total 1"
    wait_for(lambda: on(METRICS) == told, "it is told", tell=lambda: on(METRICS))


def test_at_a_start_the_table_comes_after_the_hosts_own_rules(machine: str, on: On) -> None:
    on("systemctl enable nftables")
    docker("restart", machine)
    await_start(machine)
    assert on(f"systemctl is-active nftables; {TABLE}") == "active\nthere"
    on("systemctl disable --now nftables")


def test_at_a_start_without_rules_that_can_be_loaded_operators_alone_come_in_until_there_are(
    machine: str, on: On
) -> None:
    on(f"cp {RULES} /root/whole && echo broken >{RULES}")
    docker("restart", machine)
    await_start(machine)
    assert on(TABLE) == "there"
    accepted = on("nft list chain inet nuvla_swarm management | grep accept").splitlines()
    assert [line.strip() for line in accepted] == ["icmp type echo-request accept", "tcp dport 22 accept"]
    wait_for(lambda: "in_force 0" in on(METRICS), "it is told", tell=lambda: on(METRICS))
    on(f"cp /root/whole {RULES}")
    wait_for(lambda: "in_force 1" in on(METRICS), "they are loaded once they can be", 30, tell=lambda: on(METRICS))
    assert on("systemctl restart nuvla-swarm-firewall && systemctl is-active nuvla-swarm-firewall") == "active"
