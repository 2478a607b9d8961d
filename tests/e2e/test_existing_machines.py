"""Existing machines: the program checks them, has them join, protects them, and restores them at the end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.existing_hosts import NETWORK_USER, THIS_COMPUTER, ExistingHosts, existing_hosts
from tests.e2e.harness import docker, run, stack
from tests.e2e.networks import address
from tests.e2e.open_connections import open_connections
from tests.e2e.waiting import wait_for
from tests.support.checkout import CHECKOUT
from tests.support.ssh_keys import ALICE

pytestmark = pytest.mark.slow

LIST_TABLE = ("nft", "--stateless", "list", "table", "inet", "nuvla_swarm")
NAMES = ("manager-1", "worker-1", "worker-2")


def settings(operator: str = THIS_COMPUTER) -> dict[str, Any]:
    """Return the settings of a target with Traefik and NFS."""
    return {
        "kind": "target",
        # The file system of the hosts themselves has no handles of files.
        "machines": {
            "provider": "existing",
            "pools": {},
            "data_path": "/srv/nuvla",
            "ssh": {"authorized_keys": [ALICE]},
        },
        "firewall": {"management": [operator]},
        "monitoring": {"enabled": False},
        "nfs": {"server": "ganesha", "machine": "worker-2"},
        "s3": {"enabled": False},
    }


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExistingHosts]:
    """Yield three hosts of a stack that has them in its settings."""
    folder = Path(tmp_path_factory.mktemp("existing"))
    with (
        stack("e2e-existing", folder, settings()) as target,
        existing_hosts(target, *NAMES, with_engine=["worker-2"]) as hosts,
    ):
        hosts.script("worker-2", "install_docker.sh")
        configure(hosts)
        yield hosts


def configure(hosts: ExistingHosts, chosen_pools: dict[str, Any] | None = None) -> None:
    """Set the pools of hosts, by default of all hosts, and the settings that depend on this computer."""
    lines = [line for line in run("local/settings.sh", cwd=CHECKOUT).text.split() if not line.startswith("machines.")]
    hosts.stack.must("pulumi", "config", "set-all", "--path", *(f"--plaintext=nuvla-swarm:{line}" for line in lines))
    set_key(hosts, hosts.private_key)
    hosts.stack.set("machines.pools", chosen_pools or pools(hosts))


def set_key(hosts: ExistingHosts, key: str) -> None:
    hosts.stack.must("pulumi", "config", "set", "--secret", "nuvla-swarm:ssh_private_key", "--", key)


def pools(hosts: ExistingHosts) -> dict[str, Any]:
    """Return the settings of two pools with all hosts."""
    return {
        "manager": {"role": "manager", "hosts": {"1": hosts.settings("manager-1")}},
        "worker": {"role": "worker", "hosts": {"1": hosts.settings("worker-1"), "2": hosts.settings("worker-2")}},
    }


@contextmanager
def changed_setting(hosts: ExistingHosts, path: str, value: Any) -> Iterator[None]:
    """Change a setting for the duration of the context."""
    before = hosts.stack.get(path)
    hosts.stack.set(path, value)
    yield
    hosts.stack.set(path, before)


def assert_refused(hosts: ExistingHosts, **lines: str) -> None:
    """Assert that each machine is refused with a line that begins as given, and that nothing changes on the machine."""
    result = hosts.stack.up("--continue-on-error")
    assert result.code != 0
    assert "Traceback" not in result.text, result.text
    for machine, line in lines.items():
        name = machine.replace("_", "-")
        assert f"{name}: {line}" in result.text, result.text
        assert hosts.stack.on(name, "test", "-e", "/etc/nuvla-swarm").code != 0


def inventory(hosts: ExistingHosts, name: str) -> list[str]:
    return hosts.script(name, "inventory.sh").splitlines()


def nodes(hosts: ExistingHosts) -> dict[str, str]:
    """Return the states of the nodes, by the names of the hosts without their domain."""
    return {name.removesuffix(".example"): state for name, state in hosts.stack.nodes().items()}


def test_host_key_is_printed_in_the_form_of_its_setting(hosts: ExistingHosts) -> None:
    printed = run("tools/host_key.sh", hosts.addresses["manager-1"], cwd=CHECKOUT)
    assert f"\nhost_key: {hosts.host_keys['manager-1']}\n" in f"\n{printed.text}"
    unanswered = run("tools/host_key.sh", f"{hosts.addresses['manager-1']}:9", cwd=CHECKOUT)
    assert unanswered.code != 0
    assert f"no SSH server answers at {hosts.addresses['manager-1']}:9" in unanswered.text


def test_host_with_another_key_system_or_swarm_is_refused(hosts: ExistingHosts) -> None:
    swarm = ["docker", "swarm", "init", "--advertise-addr", hosts.addresses["worker-2"]]
    assert hosts.stack.on("worker-2", *swarm).code == 0
    hosts.script("worker-1", "set_system.sh", SYSTEM="ID=debian VERSION_ID=11")
    with changed_setting(hosts, "machines.pools.manager.hosts.1.host_key", hosts.host_keys["worker-1"]):
        assert_refused(
            hosts,
            manager_1="it shows another host key than its setting host_key: compare what `make hostkey "
            f"HOST={hosts.addresses['manager-1']}",
            worker_1="runs debian 11; allowed: Debian 12 or newer, Ubuntu 22.04 or newer",
            worker_2="is in another swarm; remove it there (docker swarm leave)",
        )
    hosts.script("worker-1", "set_system.sh", SYSTEM="")
    for command in ("swarm leave --force", "network rm docker_gwbridge"):
        assert hosts.stack.on("worker-2", "docker", *command.split()).code == 0


def test_host_without_ssh_sudo_or_the_engine_version_is_refused(hosts: ExistingHosts) -> None:
    sudo, found = ["/etc/sudoers.d/ops", "/root/ops"], hosts.stack.get("engine.version")
    assert hosts.stack.on("manager-1", "mv", *sudo).code == 0
    with (
        changed_setting(hosts, "machines.pools.worker.hosts.1.port", 9),
        changed_setting(hosts, "engine.version", "26.1.4"),
    ):
        assert_refused(
            hosts,
            manager_1="ops has no sudo without password there",
            worker_1=f"no SSH server answers at {hosts.addresses['worker-1']}:9 (",
            worker_2=f"has Docker Engine {found} of its own, and 26.1.4 is wanted; set engine.version to {found}",
        )
    assert hosts.stack.on("manager-1", "mv", *reversed(sudo)).code == 0


def test_ssh_key_that_opens_no_host_is_refused(hosts: ExistingHosts) -> None:
    set_key(hosts, hosts.wrong_key)
    line = "it does not let ops in with the secret ssh_private_key"
    assert_refused(hosts, manager_1=line, worker_1=line, worker_2=line)
    set_key(hosts, hosts.private_key)


def test_folder_that_ganesha_cannot_export_fails_the_update(hosts: ExistingHosts) -> None:
    hosts.stack.set("volumes.nfs.path", "/opt/files")
    result = hosts.stack.up()
    assert result.code != 0
    line = (
        "worker-2.example: Ganesha does not export /nfs-root, whose files are in /opt/files, on a file system of type"
    )
    assert line in " ".join(result.text.split()), result.text
    assert "EXPORT :CRIT" in result.text, "the reason, in Ganesha's own words"
    cleared = hosts.stack.destroy()
    assert cleared.code == 0, cleared.text
    hosts.stack.must("pulumi", "config", "rm", "--path", "nuvla-swarm:volumes")


def test_hosts_with_the_same_hostname_are_refused(hosts: ExistingHosts) -> None:
    assert hosts.stack.on("worker-1", "hostname", "manager-1.example").code == 0
    result = hosts.stack.up()
    assert result.code != 0
    assert (
        "worker-1: its hostname is manager-1.example, as that of manager-1; allowed: a hostname of its own"
        in result.text
    )
    assert "Traceback" not in result.text, result.text
    assert hosts.stack.on("worker-1", "hostname", "worker-1.example").code == 0
    cleared = hosts.stack.destroy()
    assert cleared.code == 0, cleared.text


def test_hosts_join_follow_changes_and_are_restored_by_destroy(hosts: ExistingHosts) -> None:
    target = hosts.stack
    before = {name: inventory(hosts, name) for name in ("manager-1", "worker-2")}
    result = target.up()
    assert result.code == 0, result.text
    assert nodes(hosts) == dict.fromkeys(NAMES, "Ready Active")
    for name in NAMES:
        assert ALICE in target.on(name, "cat", "/home/ops/.ssh/authorized_keys").text
    second = target.up()
    assert second.touched() == set(), second.text
    assert_hosts_under_other_names_are_refused(hosts)
    assert_rules_that_lock_this_computer_out_are_reverted(hosts)
    assert_make_up_asks_and_tells_no_trial_as_an_error(hosts)
    assert_rules_survive_the_nftables_of_the_host(hosts)
    assert_worker_joins_again_with_another_address(hosts)
    assert_dead_host_can_be_lost_and_removed(hosts)
    # As an engine from 28 on leaves it for a published port, when it is killed.
    left = ("PREROUTING", "--destination", "10.200.0.9/32", "!", "--in-interface", "docker0", "--jump", "DROP")
    assert target.on("manager-1", "iptables", "--table", "raw", "--append", *left).code == 0
    with open_connections(hosts.addresses["manager-1"]):  # the program removes services one by one here
        destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    for name, lines_before in before.items():
        lines_after = inventory(hosts, name)
        assert [line for line in lines_after if line not in lines_before] == [], name
        assert [line for line in lines_before if line not in lines_after] == [], name
    engine_settings = target.on("worker-2", "docker", "info", "--format", "{{.Labels}} {{.LoggingDriver}}")
    assert engine_settings.text.strip() == "[owner=ops] local"
    assert target.on("worker-2", "docker", "inspect", "own").code == 0


def assert_hosts_under_other_names_are_refused(hosts: ExistingHosts) -> None:
    """Assert that a host under another name is refused at once: nothing changes, and no volume is emptied."""
    target, known = hosts.stack, nodes(hosts)
    assert target.on("worker-1", "docker", "volume", "create", "users").code == 0
    first, second = hosts.settings("worker-1"), hosts.settings("worker-2")
    manager = pools(hosts)["manager"]
    exchanged = {"1": first | {"host_key": second["host_key"]}, "2": second | {"host_key": first["host_key"]}}
    for changed_pools, line in (
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
        with changed_setting(hosts, "machines.pools", changed_pools):
            result = target.up()
        assert result.code != 0
        assert f"{line} worker-1; allowed: worker-1; or run `make up` without this host" in result.text
        assert result.touched() == set(), result.text
    assert nodes(hosts) == known
    assert target.on("worker-1", "docker", "volume", "inspect", "users").code == 0
    repeated = target.up()
    assert repeated.touched() == set(), repeated.text


def assert_worker_joins_again_with_another_address(hosts: ExistingHosts) -> None:
    target, container = hosts.stack, hosts.stack.container("worker-1")
    network, new_address = f"nuvla-swarm-{target.name}", address(NETWORK_USER, 33)
    docker("network", "disconnect", network, container)
    docker("network", "connect", "--ip", new_address, network, container)
    hosts.addresses["worker-1"] = new_address
    target.set("machines.pools", pools(hosts))
    moved = target.up()
    assert moved.code == 0, moved.text
    assert target.on("worker-1", "docker", "info", "--format={{.Swarm.NodeAddr}}").text.strip() == new_address
    assert nodes(hosts) == dict.fromkeys(NAMES, "Ready Active"), "no ghost of the former node"
    second = target.up()
    assert second.touched() == set(), second.text


def assert_rules_that_lock_this_computer_out_are_reverted(hosts: ExistingHosts) -> None:
    loaded = hosts.stack.on("worker-1", *LIST_TABLE).text
    assert THIS_COMPUTER.removesuffix("/32") in loaded
    with changed_setting(hosts, "firewall.management", ["192.0.2.0/24"]):
        failed = hosts.stack.up("--target", "**firewall-worker-1")
    assert failed.code != 0
    assert "worker-1: its new firewall rules do not let this computer in, and are reverted" in failed.text, failed.text
    wait_for(lambda: hosts.stack.on("worker-1", *LIST_TABLE).text == loaded, "the former rules are back", 90)
    second = hosts.stack.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text


def assert_make_up_asks_and_tells_no_trial_as_an_error(hosts: ExistingHosts) -> None:
    """The firewall's script fails on purpose, so that a new connection confirms the rules."""
    target = hosts.stack
    with changed_setting(hosts, "firewall.management", [THIS_COMPUTER, "192.0.2.0/24"]):
        refused = target.run("make", "up", f"STACK={target.name}")
        assert refused.code != 0
        assert "this is no terminal, so nothing is changed" in refused.text
        result = target.make("up", "VERBOSE=0")
    assert result.code == 0, result.text
    assert re.search(r"machines +3 changed", result.text), result.text
    for word in ("on trial", "error: ", "Traceback"):
        assert word not in result.text, result.text
    restored = target.up()
    assert restored.code == 0, restored.text


def assert_rules_survive_the_nftables_of_the_host(hosts: ExistingHosts) -> None:
    """Assert that the table comes back after the host's nftables.service, or a command, removes all rules."""
    # Terse, as the guard adds the engine's networks to sets of the table.
    list_bare_table = ("nft", "--stateless", "--terse", *LIST_TABLE[2:])
    target, table = hosts.stack, hosts.stack.on("worker-1", *list_bare_table).text
    for verb in ("start", "reload", "restart", "stop"):
        assert target.on("worker-1", "systemctl", verb, "nftables").code == 0
        assert target.on("worker-1", *list_bare_table).text == table, verb
    assert target.on("worker-1", "nft", "flush", "ruleset").code == 0
    wait_for(lambda: target.on("worker-1", *list_bare_table).text == table, "the guard has loaded the table again", 30)
    # It may have come in between at a restart, too.
    expected = r"nuvla_swarm_firewall_in_force 1\nnuvla_swarm_firewall_loaded_again_total [1-9]\n"
    read_metrics = ("cat", "/run/nuvla-swarm-metrics/firewall.prom")
    wait_for(  # the guard writes them after it has loaded the table
        lambda: bool(re.fullmatch(expected, re.sub(r"#.*\n", "", target.on("worker-1", *read_metrics).text))),
        "the guard counts that",
        30,
        lambda: target.on("worker-1", *read_metrics).text,
    )
    # The flush has removed the rules of Docker, too.
    assert target.on("worker-1", "systemctl", "restart", "docker").code == 0
    wait_for(lambda: nodes(hosts) == dict.fromkeys(NAMES, "Ready Active"), "the swarm is back")


def assert_dead_host_can_be_lost_and_removed(hosts: ExistingHosts) -> None:
    target = hosts.stack
    docker("stop", "--time", "1", target.container("worker-1"))
    target.set("machines.lost", ["worker-1"])
    declared = target.up()
    assert declared.code == 0, declared.text
    assert nodes(hosts) == dict.fromkeys(("manager-1", "worker-2"), "Ready Active"), (
        "worker-1 is removed from the swarm"
    )
    second = target.up()
    assert second.touched() == set(), second.text
    workers = target.get("machines.pools.worker.hosts")
    target.set("machines.pools.worker.hosts", {"2": workers["2"]})
    target.set("machines.lost", [])
    removed = target.up()
    assert removed.code == 0, removed.text
    assert nodes(hosts) == dict.fromkeys(("manager-1", "worker-2"), "Ready Active")
