"""What data that are there must not lose by a change of settings: one line for each mistake."""

from collections.abc import Iterator

from stacks import clusters
from stacks.prior_state import PriorState
from stacks.settings import Settings


def volumes_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    """A volume is deleted only where it was said before that it is kept."""
    wanted = clusters.volumes(settings)
    for name, block in prior.blocks.items():
        there = name in wanted and (wanted[name].block or settings.machines.provider != "exoscale")
        given = getattr(settings.volumes, name).id
        if not there and not prior.keep:
            yield (
                f"volumes.{name}: not given, and {block.id} would be deleted with what it holds; "
                "allowed: to leave it as it was, or first an `up` with volumes.keep: true, which keeps it"
            )
        elif there and given is not None and given != block.id:
            yield f"volumes.{name}.id: {given} given; allowed: {block.id}, which the stack has, or another stack"


def volumes_can_move(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Block storage stays in its zone, and goes from a machine that stays to one that gives none away itself."""
    machines = settings.machines
    if machines.provider != "exoscale":
        return
    wanted, every = clusters.volumes(settings), machines.names("manager", "worker")
    moves = {
        name: block
        for name, block in prior.blocks.items()
        if name in wanted and wanted[name].block and block.machine not in (None, wanted[name].machine)
    }
    givers = {block.machine for block in moves.values()} - set(machines.lost)
    for name, block in prior.blocks.items():
        if name not in wanted or not wanted[name].block:
            continue
        machine = wanted[name].machine
        zone = machines.systems()[machine].split()[0]
        if zone != block.zone:
            yield (
                f"volumes.{name}: {machine} is in {zone}, and the volume in {block.zone}; "
                f"allowed: a machine in {block.zone}"
            )
        elif name in moves and block.machine not in every:
            yield (
                f"machines.pools: {block.machine} is taken out, and has the volume of volumes.{name}; "
                f"allowed: to keep it for an `up` in which that goes to {machine}"
            )
        elif name in moves and machine in givers:
            yield (
                f"volumes.{name}: goes to {machine}, which gives another volume away; "
                "allowed: one of both moves in an `up`"
            )


def left_behind(settings: Settings, prior: PriorState) -> Iterator[str]:
    """What a preview has to say of data that stay where they are when their service goes to another machine."""
    if settings.machines.provider == "local":
        return  # volumes of the engine, which any machine can have
    for name, volume in clusters.volumes(settings).items():
        was = prior.folders.get(name)
        if was and was not in settings.machines.lost and was != volume.machine and not volume.block:
            yield f"volumes.{name}: what it holds stays on {was}; on {volume.machine} it begins empty"
