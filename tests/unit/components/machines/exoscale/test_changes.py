"""components/machines/exoscale/changes.py: changes that would lose machines or data on Exoscale are refused."""

from typing import Any

from components.machines.exoscale.changes import RULES
from components.machines.lost_commands import FormerCommand
from components.machines.prior_state import Block, PriorState
from components.machines.volume import VolumeSpec
from tests.support import plans

OTHER = "ch-gva-2 00000000-0000-4000-8000-000000000009"  # zone and template of an earlier update
MEMBERS = {"manager-1": plans.member("manager"), "worker-1": plans.member(), "worker-2": plans.member()}


def refused(
    volumes: dict[str, VolumeSpec] | None = None, machines: dict[str, Any] | None = None, **prior: Any
) -> list[str]:
    plan = plans.plan(volumes=volumes or {})
    given = plans.exoscale(**(machines or {}))
    return [line for rule in RULES for line in rule.check(given, plan, PriorState(**prior))]


def block(machine: str, zone: str = "ch-gva-2") -> Block:
    return Block(id="1", zone=zone, machine=machine)


def on(machine: str) -> VolumeSpec:
    return VolumeSpec(machine=machine, block=True, size_gib=10)


def test_new_stack_refuses_nothing() -> None:
    assert refused({"nfs": on("worker-1")}) == []


def test_replacement_of_a_manager_is_refused_and_that_of_a_worker_is_not() -> None:
    [line] = refused(members=MEMBERS, systems={"manager-1": OTHER, "worker-1": OTHER})
    assert line.startswith(f"machines.pools: manager-1 would be replaced, as it has zone and template {OTHER}")


def test_replacement_of_a_protected_worker_is_refused() -> None:
    """Pulumi refuses it in other words, and Exoscale after the machine has been drained."""
    known: dict[str, Any] = {"members": MEMBERS, "systems": {"worker-1": OTHER}, "names": frozenset(MEMBERS)}
    [line] = refused(**known, protected=frozenset(MEMBERS))
    assert line.startswith("machines: worker-1 would be destroyed, but the last update protected them; allowed: ")
    assert refused(**known, protected=frozenset({"worker-2"})) == []


def test_replacement_of_a_worker_by_a_newly_lost_api_manager_is_refused() -> None:
    known: dict[str, Any] = {"members": MEMBERS, "systems": {"worker-1": OTHER}, "api_manager": "manager-1"}
    [line] = refused(machines={"lost": ["manager-1"]}, **known)
    assert line.startswith("machines.pools: worker-1 would be replaced")
    assert "manager-1, which is lost, cannot drain it" in line
    assert refused(machines={"lost": ["manager-1"]}, **known, lost=frozenset({"manager-1"})) == []


def test_volume_moves_between_machines_of_one_zone() -> None:
    assert refused({"nfs": on("worker-2")}, blocks={"nfs": block("worker-1")}) == []
    [line] = refused({"nfs": on("worker-2")}, blocks={"nfs": block("worker-1", "at-vie-1")})
    assert line.endswith("worker-2 is in ch-gva-2, and the volume in at-vie-1; allowed: a machine in at-vie-1")


def test_volume_of_a_removed_machine_is_refused() -> None:
    [line] = refused({"nfs": on("worker-2")}, blocks={"nfs": block("worker-9")})
    assert line.startswith("machines.pools: worker-9 is removed, and has the volume of volumes.nfs; allowed:")


def test_volume_goes_to_no_machine_that_gives_another_one_away() -> None:
    volumes = {"nfs": on("worker-2"), "grafana": on("worker-1")}
    [line] = refused(volumes, blocks={"nfs": block("worker-1"), "grafana": block("manager-1")})
    assert line.startswith("volumes.grafana: goes to worker-1, which gives another volume away; allowed:")


def test_volume_leaves_no_machine_whose_host_key_is_replaced() -> None:
    def lines(generation: int, shown: str, api_manager: str = "NEW") -> list[str]:
        names = {"manager-1": api_manager, "worker-1": shown}
        return refused(
            {"nfs": on("worker-2")},
            machines={"ssh": {"host_key_generation": generation}},
            blocks={"nfs": block("worker-1")},
            members=MEMBERS,
            host_keys={f"{name}-host-key{number}": key for name in names for number, key in (("", "OLD"), (2, "NEW"))},
            commands={
                f"{name}-host-key-proof": FormerCommand(urn="", host="192.0.2.7", has_delete=False, host_key=key)
                for name, key in names.items()
            },
        )

    assert lines(2, "NEW") == []
    [line] = lines(2, "OLD")
    assert line.startswith("volumes.nfs: leaves worker-1, while the host key of worker-1 is replaced by that of ")
    [line] = lines(2, "NEW", api_manager="OLD")
    assert "the host key of manager-1 is replaced" in line
    assert len(lines(3, "NEW")) == 1


def test_block_storage_in_a_zone_without_it_is_refused() -> None:
    [line] = refused({"nfs": on("worker-1")}, machines={"zone": "xx-yyy-1"})
    assert line.startswith("volumes.nfs: on worker-1, which is in zone xx-yyy-1; allowed on block storage: ch-gva-2,")


def test_destruction_of_protected_resources_is_refused() -> None:
    known: dict[str, Any] = {
        "protected": frozenset({"nfs-volume", "worker-1", "gone"}),
        "names": frozenset({"nfs-volume", "worker-1"}),
    }
    [line] = refused(**known)
    assert line.startswith("machines: nfs-volume would be destroyed, but the last update protected them; allowed:")
    assert refused({"nfs": on("worker-1")}, **known) == []
