"""The whole program on machines that exist already: how they are entered, changed and left."""

from typing import Any

from tests.program.runs import run
from tests.support.configs import changed, existing
from tests.support.fake_pulumi import FakePulumi
from tests.support.rows import rows

KEY = {"ssh_private_key": "KEY"}
KINDS = ("target", "host")
MACHINES = ("manager-1", "worker-1", "worker-2")
NEW_KEY = "ssh-ed25519 BBBB"
OTHER_KEY = ("machines.pools.worker.hosts.2.host_key", NEW_KEY)


def document(kind: str = "target") -> dict[str, Any]:
    return existing(kind)


def commands(engine: FakePulumi) -> set[str]:
    return {name for name, kind in engine.types.items() if kind == "command:remote:Command"}


def on(engine: FakePulumi, address: str) -> set[str]:
    """The commands on a machine."""
    return {name for name in commands(engine) if engine.inputs(name)["connection"]["host"] == address}


def before(engine: FakePulumi, name: str) -> set[str]:
    """All that is there before a resource is made: what it and its ancestors depend on, and so on."""
    found: set[str] = set()
    left = [name]
    while left:
        for one in engine.ancestors(left.pop()):
            new = engine.dependencies(one) - found
            found |= new
            left += new
    return found


@rows("kind", KINDS)
def test_first_preview_registers_the_resources_of_an_update(kind: str) -> None:
    program = run(document(kind), secrets=KEY)
    assert program.outputs["kind"] == kind
    assert set(run(document(kind), preview=True, secrets=KEY).engine.types) == set(program.engine.types)


@rows("kind", KINDS)
def test_host_is_checked_and_recorded_before_anything_else(kind: str) -> None:
    program = run(document(kind), secrets=KEY)
    engine = program.engine
    for machine, address in zip(MACHINES, ("198.51.100.1", "198.51.100.11", "198.51.100.12"), strict=True):
        ours = {f"{machine}-check", f"{machine}-before"}
        for name in on(engine, address) - ours:
            assert ours <= before(engine, name), name


@rows(
    "kind, changes, needs",
    [
        ("target", {}, ("firewall files", "firewall", "firewall")),
        ("target", {"nfs.machine": "worker-2"}, ("firewall", "firewall", "firewall files")),
        ("target", {"nfs.server": "ganesha"}, ("firewall", "firewall", "firewall")),
        ("target", {"machines.firewall": False}, ("files", "", "")),
        ("host", {}, ("firewall", "firewall", "firewall")),
    ],
)
def test_kernel_of_a_host_is_checked_for_what_runs_there(
    kind: str, changes: dict[str, Any], needs: tuple[str, ...]
) -> None:
    settings = document(kind)
    for path, value in changes.items():
        settings = changed(settings, path, value)
    engine = run(settings, secrets=KEY).engine
    assert tuple(engine.parameters(f"{machine}-check")["NEEDS"] for machine in MACHINES) == needs


@rows("kind", KINDS)
def test_hosts_leave_the_swarm_and_are_restored_on_destroy(kind: str) -> None:
    program = run(document(kind), secrets=KEY)
    engine = program.engine
    assert {engine.deleted_with(name) for name in engine.types} == {""}
    for machine in MACHINES:
        assert engine.inputs(f"{machine}-membership-join")["delete"].endswith(" leave")
        assert engine.inputs(f"{machine}-before")["delete"].endswith(" leave")


@rows("kind", KINDS)
def test_firewalls_know_every_machine_before_a_machine_joins(kind: str) -> None:
    program = run(document(kind), secrets=KEY)
    engine = program.engine
    for machine in MACHINES:
        assert {f"firewall-{other}" for other in MACHINES} <= engine.dependencies(f"{machine}-membership-join")


@rows("kind", KINDS)
def test_api_manager_joins_first_and_leaves_last(kind: str) -> None:
    """What has to be there first is taken away last: the other members, and all that is on the swarm."""
    program = run(document(kind), secrets=KEY)
    engine = program.engine
    entry = {f"manager-1-membership-{step}" for step in ("node", "join", "active")}
    for name in ("worker-1-membership-node", "worker-2-membership-join", "public-network-network"):
        assert entry <= before(engine, name), name


def test_only_a_reinstalled_host_is_prepared_and_joins_again() -> None:
    old, new = run(document(), secrets=KEY).engine, run(changed(document(), *OTHER_KEY), secrets=KEY).engine
    touched = {name for name in commands(old) if old.inputs(name) != new.inputs(name)}
    assert touched == on(old, "198.51.100.12") | {"worker-2-membership-node"}
    assert new.parameters("worker-2-membership-node")["HOST_KEY"] == NEW_KEY


def test_commands_of_a_reinstalled_host_update_in_place() -> None:
    old, new = run(document(), secrets=KEY).engine, run(changed(document(), *OTHER_KEY), secrets=KEY).engine
    for name in commands(old):
        assert old.inputs(name).get("triggers") == new.inputs(name).get("triggers"), name


def test_lost_machine_is_never_contacted_and_only_removed_from_the_swarm() -> None:
    old = run(document(), secrets=KEY)
    after = changed(document(), "machines.lost", ["worker-2"])
    new = run(after, secrets=KEY, state=old.engine.state_after()).engine
    changes = {name for name in commands(old.engine) if old.engine.inputs(name) != new.inputs(name)}
    assert changes == {"swarm-members-only"}
    frozen = {name for name in new.types if new.options[name].retainOnDelete}
    assert frozen == on(new, "198.51.100.12") | {"worker-2-membership-node", "worker-2-membership-active"}
    assert all("connection" in new.options[name].ignoreChanges for name in frozen)


def test_firewall_is_confirmed_unless_the_setting_disables_it() -> None:
    assert run(existing(), secrets=KEY).engine.inputs("firewall")["mode"] == "confirmed rules"
    engine = run(changed(existing(), "machines.firewall", False), secrets=KEY).engine
    assert engine.inputs("firewall")["mode"] == "confirmed containers"
    for machine in MACHINES:
        assert "add rule inet nuvla_swarm others accept\n" in engine.script(f"firewall-{machine}")


def test_label_of_a_single_host_counts_like_a_pool_label() -> None:
    """It says where Nuvla's database is, and what its machine needs for that."""
    kind = existing() | {"kind": "host"}
    labels = {"type": "worker-db"}
    own = changed(kind, "machines.pools.worker.hosts.1.labels", labels)
    made = run(own, secrets=KEY).engine
    pool = run(changed(kind, "machines.pools.worker.labels", labels), secrets=KEY).engine
    wanted = {"db-data", "worker-1-map-count"}
    assert wanted <= made.types.keys() & pool.types.keys()
    assert not wanted & run(kind, secrets=KEY).engine.types.keys()


def test_ssh_command_of_a_machine_has_its_port_if_it_is_not_the_usual_one() -> None:
    other_port = changed(document(), "machines.pools.worker.hosts.1.port", 2222)
    machines = run(other_port, secrets=KEY).outputs["machines"]
    assert machines["worker-1"]["ssh"] == "ssh -p 2222 root@198.51.100.11"
    assert machines["worker-2"]["ssh"] == "ssh root@198.51.100.12"
