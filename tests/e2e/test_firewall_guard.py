"""The guard of the firewall: the program's rules stay in force, whatever rules the host loads. No stack is needed."""

import subprocess
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from tests.e2e.existing_hosts import isolation
from tests.e2e.harness import docker, image_of, run
from tests.e2e.waiting import wait_for
from tests.interrupted.programs import script

RunLine = Callable[..., str]
TABLE_STATE = "nft list table inet nuvla_swarm >/dev/null 2>&1 && echo there || echo gone"
RULES = "/etc/nuvla-swarm/firewall.nft"
METRICS = "grep -v ^# /run/nuvla-swarm-metrics/firewall.prom"


@pytest.fixture(scope="module")
def machine() -> Iterator[str]:
    """Yield the container of a machine with systemd and the program's rules."""
    name = f"nuvla-swarm-kept-{uuid4().hex[:8]}"
    options = ["--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--env", "container=docker"]
    try:
        docker("run", "--detach", "--name", name, *options, *isolation(), image_of("machine"))
        wait_for_boot(name)
        step = script("firewall/scripts/firewall.sh", CONFIRM="")
        completed = subprocess.run(
            ["docker", "exec", "--interactive", name, "bash", "-s"],
            input=f"{step['parameters']}{step['text']}",
            text=True,
            capture_output=True,
            check=False,
        )
        assert completed.returncode == 0, completed.stderr
        yield name
    finally:
        run("docker", "rm", "--force", "--volumes", name)


@pytest.fixture
def run_line(machine: str) -> RunLine:
    """Return a function that runs a line of shell on the machine and returns its output."""
    return lambda line: run("docker", "exec", machine, "bash", "-c", line).text.strip()


def wait_for_boot(name: str) -> None:
    command = ["docker", "exec", name, "systemctl", "is-system-running"]
    wait_for(lambda: run(*command).text.strip() in ("running", "degraded"), "the machine has started")


@pytest.mark.parametrize("verb", ["start", "reload", "restart", "stop"])
def test_nftables_service_of_the_host_removes_no_rule_of_the_program(run_line: RunLine, verb: str) -> None:
    assert run_line(f"systemctl {verb} nftables && {TABLE_STATE}") == "there"


def test_guard_reloads_a_flushed_table_and_counts_the_reload(run_line: RunLine) -> None:
    run_line("nft flush ruleset")  # the guard may be there before anybody could look: its count tells that it had to
    wait_for(lambda: run_line(TABLE_STATE) == "there", "the guard has loaded the table again", 30)
    metrics = "nuvla_swarm_firewall_in_force 1\nnuvla_swarm_firewall_loaded_again_total 1"
    wait_for(lambda: run_line(METRICS) == metrics, "the metrics count the load", describe=lambda: run_line(METRICS))


def test_table_is_loaded_at_boot_after_the_rules_of_the_host(machine: str, run_line: RunLine) -> None:
    run_line("systemctl enable nftables")
    docker("restart", machine)
    wait_for_boot(machine)
    assert run_line(f"systemctl is-active nftables; {TABLE_STATE}") == "active\nthere"
    run_line("systemctl disable --now nftables")


def test_broken_rules_at_boot_admit_operators_alone_until_repaired(machine: str, run_line: RunLine) -> None:
    run_line(f"cp {RULES} /root/whole && echo broken >{RULES}")
    docker("restart", machine)
    wait_for_boot(machine)
    assert run_line(TABLE_STATE) == "there"
    accepted = run_line("nft list chain inet nuvla_swarm management | grep accept").splitlines()
    assert [line.strip() for line in accepted] == ["icmp type echo-request accept", "tcp dport 22 accept"]
    wait_for(
        lambda: "in_force 0" in run_line(METRICS),
        "the metrics say that the rules are not in force",
        describe=lambda: run_line(METRICS),
    )
    run_line(f"cp /root/whole {RULES}")
    wait_for(
        lambda: "in_force 1" in run_line(METRICS), "the mended rules are loaded", 30, describe=lambda: run_line(METRICS)
    )
    assert run_line("systemctl restart nuvla-swarm-firewall && systemctl is-active nuvla-swarm-firewall") == "active"
