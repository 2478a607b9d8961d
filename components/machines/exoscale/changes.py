"""Refusals of changes that would lose machines or data on Exoscale."""

from collections.abc import Iterator

from components.machines.exoscale import access_changes, volume_moves
from components.machines.exoscale.settings import ExoscaleMachines
from components.machines.prior_state import PriorState
from components.machines.provider import StackPlan, made_host_keys
from components.rule import Rule

# Zones with block storage that pulumiverse-exoscale 0.66.1 accepts.
# Source: terraform-provider-exoscale 0.66.0, pkg/config/config.go.
BLOCK_STORAGE_ZONES = ("ch-gva-2", "ch-dk-2", "at-vie-1", "at-vie-2", "de-fra-1", "bg-sof-1", "de-muc-1", "hr-zag-1")


def _changed_systems(machines: ExoscaleMachines, prior: PriorState) -> Iterator[tuple[str, str]]:
    """Yield the machines that would be replaced, other than lost ones, each with its former zone and template."""
    for name, system in machines.systems().items():
        former = prior.systems.get(name, system)
        if name not in machines.lost and former != system:
            yield name, former


def _managers_are_not_replaced(machines: ExoscaleMachines, _plan: StackPlan, prior: PriorState) -> Iterator[str]:
    for name, former in _changed_systems(machines, prior):
        if name in prior.managers:
            yield (
                f"machines.pools: {name} would be replaced, as it has zone and template {former}, and its part of the "
                "swarm would be lost; allowed: that zone and template; or add a new pool of managers and run `make "
                "up`, set "
                "swarm.api_manager to one of them and run `make up`, then remove this pool"
            )


def _lost_manager_replaces_nothing(machines: ExoscaleMachines, _plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse replacements while the former API manager, which would drain the replaced machines, is lost."""
    api_manager = prior.api_manager
    if api_manager not in machines.lost or api_manager in prior.lost:
        return
    for name, former in _changed_systems(machines, prior):
        if name in prior.members:
            yield (
                f"machines.pools: {name} would be replaced, as it has zone and template {former}, and {api_manager}, "
                "which is lost, cannot drain it; allowed: that zone and template now, and the new ones in the next "
                "`make up`"
            )


def _volumes_can_move(machines: ExoscaleMachines, plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse moves of block storage to other zones, from machines that leave, and to machines that give up a volume."""
    volumes, names = plan.volumes, machines.names("manager", "worker")
    moves = {
        name: block
        for name, block in prior.blocks.items()
        if name in volumes and volumes[name].block and block.machine not in (None, volumes[name].machine)
    }
    sources = {block.machine for block in moves.values()} - set(machines.lost)
    for name, block in prior.blocks.items():
        if name not in volumes or not volumes[name].block:
            continue
        machine = volumes[name].machine
        zone = machines.zones()[machine]
        if block.zone not in ("", zone):
            yield (
                f"volumes.{name}: {machine} is in {zone}, and the volume in {block.zone}; "
                f"allowed: a machine in {block.zone}"
            )
        elif name in moves and block.machine not in names:
            yield (
                f"machines.pools: {block.machine} is removed, and has the volume of volumes.{name}; allowed: first a "
                f"`make up` that moves the volume to {machine} and keeps {block.machine}"
            )
        elif name in moves and machine in sources:
            yield (
                f"volumes.{name}: goes to {machine}, which gives another volume away; "
                "allowed: one of the two moves in each `make up`"
            )


def _volumes_stay_meanwhile(machines: ExoscaleMachines, plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse moves from machines whose host key may be another one than their commands in the state expect."""
    keys = made_host_keys(machines.ssh, prior, machines.lost)
    for name in dict.fromkeys([*plan.volumes, *prior.blocks]):
        source = volume_moves.living_source(machines, plan, prior, name)
        due = [one for one in sorted({source, plan.api_manager}) if keys.is_due(one)] if source else []
        if due:
            yield (
                f"volumes.{name}: leaves {source}, while the host key of {', '.join(due)} is replaced by that of "
                f"machines.ssh.host_key_generation: {keys.generation}; allowed: one of the two in each `make up`"
            )


def _zones_have_block_storage(machines: ExoscaleMachines, plan: StackPlan, _prior: PriorState) -> Iterator[str]:
    """Refuse zones without block storage, which the plugin refuses only after the machines are created."""
    for name, volume in plan.volumes.items():
        zone = machines.zones()[volume.machine]
        if volume.block and zone not in BLOCK_STORAGE_ZONES:
            yield (
                f"volumes.{name}: on {volume.machine}, which is in zone {zone}; "
                f"allowed on block storage: {', '.join(BLOCK_STORAGE_ZONES)}"
            )


def _disks_only_grow(machines: ExoscaleMachines, _plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse smaller disks, which the plugin refuses only machine by machine, within the update."""
    for name, pool in machines.pools.items():
        was = max((prior.disks.get(f"{name}-{member}", 0) for member in pool.members()), default=0)
        if pool.disk_gib < was:
            yield (
                f"machines.pools.{name}.disk_gib: {pool.disk_gib} given; its machines have {was}, and disks only grow; "
                f"allowed: {was} or more; or add a pool with smaller disks, then remove this one"
            )


def _protected_stay(machines: ExoscaleMachines, plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse to destroy resources that the last update protected: Pulumi or Exoscale would refuse halfway through."""
    volumes = [f"{name}-volume" for name, volume in plan.volumes.items() if volume.block]
    declared = {*machines.names("manager", "worker"), *volumes, *(["cluster-address"] if machines.elastic_ip else [])}
    replaced = {name for name, _ in _changed_systems(machines, prior)} - {*prior.managers}
    gone = sorted(name for name in prior.protected & prior.names if name not in declared or name in replaced)
    if gone:
        yield (
            f"machines: {', '.join(gone)} would be destroyed, but the last update protected them; allowed: the former "
            "settings, or first a `make up` with machines.pulumi_protect and machines.destroy_protection: false"
        )


RULES = (
    Rule(
        id="manager-system",
        refuses="another template or zone of a manager: its part of the swarm would be lost (Exoscale)",
        check=_managers_are_not_replaced,
    ),
    Rule(
        id="lost-drain",
        refuses="another template or zone of a worker in the update that declares the API manager lost (Exoscale)",
        check=_lost_manager_replaces_nothing,
    ),
    Rule(
        id="volume-move",
        refuses="block storage to another zone, from a machine that leaves, or exchanged between two (Exoscale)",
        check=_volumes_can_move,
    ),
    Rule(
        id="volume-host-key",
        refuses="block storage that leaves a machine in the update that replaces its host key (Exoscale)",
        check=_volumes_stay_meanwhile,
    ),
    Rule(
        id="volume-zone",
        refuses="block storage in a zone that has none (Exoscale)",
        check=_zones_have_block_storage,
    ),
    Rule(
        id="disk-size",
        refuses="a smaller `disk_gib` of a pool whose machines exist (Exoscale)",
        check=_disks_only_grow,
    ),
    Rule(
        id="protection",
        refuses="a smaller `count`, or whatever else destroys what the last update protected (Exoscale)",
        check=_protected_stay,
    ),
    *access_changes.RULES,
)
