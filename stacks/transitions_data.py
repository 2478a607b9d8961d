"""What data that are there must not lose by a change of settings: one line for each mistake."""

from collections.abc import Iterator

from stacks import clusters
from stacks.config.settings import Settings
from stacks.prior_state import PriorState

# Of block storage, as pulumiverse-exoscale 0.66.1 has them: terraform-provider-exoscale 0.66.0, pkg/config/config.go.
ZONES = ("ch-gva-2", "ch-dk-2", "at-vie-1", "at-vie-2", "de-fra-1", "bg-sof-1", "de-muc-1", "hr-zag-1")


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
        elif there and given is not None and not block.id:
            yield (
                f"volumes.{name}.id: {given} given; allowed: nothing before a `make refresh`, as the state has a "
                "volume that is not there"
            )
        elif there and given is not None and given != block.id:
            yield (
                f"volumes.{name}.id: {given} given; allowed: {block.id}, which the stack has, or none; to take that "
                "one over instead: `volumes.keep: true`, `make up`, `make down`, and then this"
            )


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
        zone = machines.zones()[machine]
        if block.zone not in ("", zone):
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


def zones_have_block_storage(settings: Settings, _prior: PriorState) -> Iterator[str]:
    """The plugin says of another zone that it is none, when the machines have been made."""
    machines = settings.machines
    if machines.provider != "exoscale":
        return
    for name, volume in clusters.volumes(settings).items():
        zone = machines.zones()[volume.machine]
        if volume.block and zone not in ZONES:
            yield (
                f"volumes.{name}: on {volume.machine}, which is in zone {zone}; "
                f"allowed on block storage: {', '.join(ZONES)}"
            )


def protected_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    """What the last update protected is refused by Pulumi, or by Exoscale, when half of this one is done."""
    machines = settings.machines
    if machines.provider != "exoscale":
        return
    volumes = [f"{name}-volume" for name, volume in clusters.volumes(settings).items() if volume.block]
    wanted = {*machines.names("manager", "worker"), *volumes, *(["cluster-address"] if machines.elastic_ip else [])}
    gone = sorted(name for name in prior.protected & prior.names if name not in wanted)
    if gone:
        yield (
            f"machines: {', '.join(gone)} would be destroyed, and protected by the last update; allowed: to keep that, "
            "or first an update with machines.protect and machines.destroy_protected false"
        )


def left_behind(settings: Settings, prior: PriorState) -> Iterator[str]:
    """What a preview has to say of data that stay where they are when their service goes to another machine."""
    if settings.machines.provider == "local":
        return  # volumes of the engine, which any machine can have
    for name, volume in clusters.volumes(settings).items():
        was = prior.folders.get(name)
        if was and was not in settings.machines.lost and was != volume.machine and not volume.block:
            yield f"volumes.{name}: what it holds stays on {was}; on {volume.machine} it begins empty"
