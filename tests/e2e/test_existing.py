"""Machines that exist already: they are checked, joined, protected, and left as they were."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.connections import connections
from tests.e2e.harness import CHECKOUT, docker, run, stack
from tests.e2e.hosts import HERE, Hosts, hosts
from tests.e2e.moments import wait_for
from tests.e2e.networks import address

pytestmark = pytest.mark.slow

TABLE = ("nft", "--stateless", "list", "table", "inet", "nuvla_swarm")
NAMES = ("manager-1", "worker-1", "worker-2")


def settings(here: str = HERE) -> dict[str, Any]:
    """A target of which Traefik and the files are there."""
    return {
        "kind": "target",
        "machines": {"provider": "existing", "pools": {}},
        "firewall": {"management": [here]},
        "monitoring": {"enabled": False},
        "nfs": {"server": "ganesha", "machine": "worker-2"},
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
        found.script("worker-2", "engine.sh")
        configure(found)
        yield found


def configure(found: Hosts, named: dict[str, Any] | None = None) -> None:
    """The settings that name the hosts, all of them or some pools, and those that this computer needs."""
    lines = [line for line in run("local/settings.sh", cwd=CHECKOUT).text.split() if not line.startswith("machines.")]
    found.stack.must("pulumi", "config", "set-all", "--path", *(f"--plaintext=nuvla-swarm:{line}" for line in lines))
    set_key(found, found.private_key)
    found.stack.set("machines.pools", named or pools(found))


def set_key(found: Hosts, key: str) -> None:
    found.stack.must("pulumi", "config", "set", "--secret", "nuvla-swarm:ssh_private_key", "--", key)


def pools(found: Hosts) -> dict[str, Any]:
    """All hosts, in two pools."""
    return {
        "manager": {"role": "manager", "hosts": {"1": found.settings("manager-1")}},
        "worker": {"role": "worker", "hosts": {"1": found.settings("worker-1"), "2": found.settings("worker-2")}},
    }


@contextmanager
def other(made: Hosts, path: str, value: Any) -> Iterator[None]:
    """Another value of a setting, for a while."""
    before = made.stack.get(path)
    made.stack.set(path, value)
    yield
    made.stack.set(path, before)


def refused(made: Hosts, **lines: str) -> None:
    """Each of the machines is refused with a line that begins like this, before anything is changed there."""
    result = made.stack.up("--continue-on-error")
    assert result.code != 0
    assert "Traceback" not in result.text, result.text
    for machine, line in lines.items():
        name = machine.replace("_", "-")
        assert f"{name}: {line}" in result.text, result.text
        assert made.stack.on(name, "test", "-e", "/etc/nuvla-swarm").code != 0


def inventory(made: Hosts, name: str) -> list[str]:
    return made.script(name, "inventory.sh").splitlines()


def nodes(made: Hosts) -> dict[str, str]:
    """The nodes of the swarm, by the names of the hosts without their domain."""
    return {name.removesuffix(".example"): state for name, state in made.stack.nodes().items()}


def test_the_host_key_of_a_host_is_printed_as_its_setting(made: Hosts) -> None:
    printed = run("tools/host_key.sh", made.addresses["manager-1"], cwd=CHECKOUT)
    assert f"\nhost_key: {made.host_keys['manager-1']}\n" in f"\n{printed.text}"
    nobody = run("tools/host_key.sh", f"{made.addresses['manager-1']}:9", cwd=CHECKOUT)
    assert nobody.code != 0
    assert f"no SSH server answers at {made.addresses['manager-1']}:9" in nobody.text


def test_a_host_with_another_key_system_or_swarm_is_refused(made: Hosts) -> None:
    swarm = ["docker", "swarm", "init", "--advertise-addr", made.addresses["worker-2"]]
    assert made.stack.on("worker-2", *swarm).code == 0
    made.script("worker-1", "system.sh", SYSTEM="ID=debian VERSION_ID=11")
    with other(made, "machines.pools.manager.hosts.1.host_key", made.host_keys["worker-1"]):
        refused(
            made,
            manager_1="it shows another host key than its setting host_key: compare what `make hostkey "
            f"HOST={made.addresses['manager-1']}",
            worker_1="runs debian 11; allowed: Debian 12 or newer, Ubuntu 22.04 or newer",
            worker_2="is in another swarm; take it out there (docker swarm leave)",
        )
    made.script("worker-1", "system.sh", SYSTEM="")
    for command in ("swarm leave --force", "network rm docker_gwbridge"):
        assert made.stack.on("worker-2", "docker", *command.split()).code == 0


def test_a_host_that_does_not_answer_or_has_no_sudo_or_another_engine_is_refused(made: Hosts) -> None:
    sudo = ["/etc/sudoers.d/ops", "/root/ops"]
    assert made.stack.on("manager-1", "mv", *sudo).code == 0
    with (
        other(made, "machines.pools.worker.hosts.1.port", 9),
        other(made, "engine.version", "28.5.1"),
    ):
        refused(
            made,
            manager_1="ops has no sudo without password there",
            worker_1=f"no SSH server answers at {made.addresses['worker-1']}:9 (",
            worker_2="has Docker Engine 20.10.24 of its own, and 28.5.1 is wanted; set engine.version to 20.10.24",
        )
    assert made.stack.on("manager-1", "mv", *reversed(sudo)).code == 0


def test_a_key_that_opens_no_host_is_refused(made: Hosts) -> None:
    set_key(made, made.other_key)
    line = "it does not let ops in with the secret ssh_private_key"
    refused(made, manager_1=line, worker_1=line, worker_2=line)
    set_key(made, made.private_key)


def test_two_hosts_of_one_name_are_refused(made: Hosts) -> None:
    assert made.stack.on("worker-1", "hostname", "manager-1.example").code == 0
    result = made.stack.up()
    assert result.code != 0
    assert (
        "worker-1: its hostname is manager-1.example, as that of manager-1; allowed: a hostname of its own"
        in result.text
    )
    assert "Traceback" not in result.text, result.text
    assert made.stack.on("worker-1", "hostname", "worker-1.example").code == 0
    cleared = made.stack.destroy()
    assert cleared.code == 0, cleared.text


def test_hosts_are_taken_in_protected_and_left_as_they_were(made: Hosts) -> None:
    target = made.stack
    before = {name: inventory(made, name) for name in ("manager-1", "worker-2")}
    result = target.up()
    assert result.code == 0, result.text
    assert nodes(made) == dict.fromkeys(NAMES, "Ready Active")
    again = target.up()
    assert again.touched() == set(), again.text
    a_host_keeps_its_name(made)
    rules_that_lock_this_computer_out_are_taken_back(made)
    the_rules_survive_those_of_the_host_itself(made)
    a_worker_with_another_address_joins_again_by_it(made)
    a_dead_host_can_be_given_up(made)
    with connections(made.addresses["manager-1"]):  # services are removed one by one here
        destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    for name, then in before.items():
        now = inventory(made, name)
        assert [line for line in now if line not in then] == [], name
        assert [line for line in then if line not in now] == [], name
    settings_of_engine = target.on("worker-2", "docker", "info", "--format", "{{.Labels}} {{.LoggingDriver}}")
    assert settings_of_engine.text.strip() == "[owner=ops] local"
    assert target.on("worker-2", "docker", "inspect", "own").code == 0


def a_host_keeps_its_name(made: Hosts) -> None:
    """Whatever it is called now, it is not stripped: nothing is touched, and nobody's volume is emptied."""
    target, known = made.stack, nodes(made)
    assert target.on("worker-1", "docker", "volume", "create", "users").code == 0
    first, second = made.settings("worker-1"), made.settings("worker-2")
    manager = pools(made)["manager"]
    exchanged = {"1": first | {"host_key": second["host_key"]}, "2": second | {"host_key": first["host_key"]}}
    for given, line in (
        ({"manager": manager, "worker": {"role": "worker", "hosts": {"a": first, "2": second}}}, "as worker-a, but is"),
        (
            {
                "manager": manager,
                "worker": {"role": "worker", "hosts": {"2": second}},
                "gpu": {"role": "worker", "hosts": {"1": first}},
            },
            "as gpu-1, but is",
        ),
        ({"manager": manager, "worker": {"role": "worker", "hosts": exchanged}}, "as worker-2, but is"),
    ):
        with other(made, "machines.pools", given):
            refused_at_once = target.up()
        assert refused_at_once.code != 0
        assert f"{line} worker-1; allowed: worker-1, or an `up` without it" in refused_at_once.text
        assert refused_at_once.touched() == set(), refused_at_once.text
    assert nodes(made) == known
    assert target.on("worker-1", "docker", "volume", "inspect", "users").code == 0
    again = target.up()
    assert again.touched() == set(), again.text


def a_worker_with_another_address_joins_again_by_it(made: Hosts) -> None:
    target, container = made.stack, made.stack.container("worker-1")
    network, there = f"nuvla-swarm-{target.name}", address("existing", 33)
    docker("network", "disconnect", network, container)
    docker("network", "connect", "--ip", there, network, container)
    made.addresses["worker-1"] = there
    target.set("machines.pools", pools(made))
    moved = target.up()
    assert moved.code == 0, moved.text
    assert target.on("worker-1", "docker", "info", "--format={{.Swarm.NodeAddr}}").text.strip() == there
    assert nodes(made) == dict.fromkeys(NAMES, "Ready Active"), "nobody else is left of what it was before"
    again = target.up()
    assert again.touched() == set(), again.text


def rules_that_lock_this_computer_out_are_taken_back(made: Hosts) -> None:
    loaded = made.stack.on("worker-1", *TABLE).text
    assert HERE.removesuffix("/32") in loaded
    with other(made, "firewall.management", ["192.0.2.0/24"]):
        failed = made.stack.up("--target", "**firewall-worker-1")
    assert failed.code != 0
    assert "worker-1: its new firewall rules do not let this computer in, and are taken back" in failed.text, (
        failed.text
    )
    wait_for(lambda: made.stack.on("worker-1", *TABLE).text == loaded, "the rules before are back", 90)
    again = made.stack.up()
    assert again.code == 0, again.text
    assert again.touched() == set(), again.text


def the_rules_survive_those_of_the_host_itself(made: Hosts) -> None:
    """Its nftables.service begins by removing everybody's; and whoever does the same finds ours back."""
    bare = ("nft", "--stateless", "--terse", *TABLE[2:])  # the guard tells it of the engine's networks
    target, table = made.stack, made.stack.on("worker-1", *bare).text
    for verb in ("start", "reload", "restart", "stop"):
        assert target.on("worker-1", "systemctl", verb, "nftables").code == 0
        assert target.on("worker-1", *bare).text == table, verb
    assert target.on("worker-1", "nft", "flush", "ruleset").code == 0
    wait_for(lambda: target.on("worker-1", *bare).text == table, "the guard has loaded the table again", 30)
    told = target.on("worker-1", "cat", "/run/nuvla-swarm-metrics/firewall.prom").text
    assert "nuvla_swarm_firewall_in_force 1\nnuvla" in re.sub(r"#.*\n", "", told)
    assert "nuvla_swarm_firewall_loaded_again_total 1" in told
    assert target.on("worker-1", "systemctl", "restart", "docker").code == 0  # its own rules went as well
    wait_for(lambda: nodes(made) == dict.fromkeys(NAMES, "Ready Active"), "the swarm is back")


def a_dead_host_can_be_given_up(made: Hosts) -> None:
    target = made.stack
    docker("stop", "--time", "1", target.container("worker-1"))
    target.set("machines.lost", ["worker-1"])
    told = target.up()
    assert told.code == 0, told.text
    assert nodes(made) == dict.fromkeys(("manager-1", "worker-2"), "Ready Active"), "the swarm has forgotten it"
    again = target.up()
    assert again.touched() == set(), again.text
    workers = target.get("machines.pools.worker.hosts")
    target.set("machines.pools.worker.hosts", {"2": workers["2"]})
    target.set("machines.lost", [])
    given_up = target.up()
    assert given_up.code == 0, given_up.text
    assert nodes(made) == dict.fromkeys(("manager-1", "worker-2"), "Ready Active")
