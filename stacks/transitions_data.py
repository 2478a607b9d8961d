"""Checks and warnings of an update that would delete or leave data."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from stacks.config.settings import Settings
from stacks.volumes import volumes


def volumes_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each volume that the update would delete with its data, or replace by an import.

    A volume may leave the stack only after an update with `volumes.retain_on_destroy: true`, which retains its data.
    """
    specs = volumes(settings)
    for name, block in prior.blocks.items():
        stays = name in specs and (specs[name].block or settings.machines.volumes_are_resources)
        import_id = settings.volumes.named()[name].import_id
        if not stays and not prior.retains_volumes:
            yield (
                f"volumes.{name}: not given, so the volume {block.id} would be deleted with its data; "
                "allowed: the former settings, or first a `make up` with volumes.retain_on_destroy: true"
            )
        elif stays and import_id is not None and not block.id:
            yield (
                f"volumes.{name}.import_id: {import_id} given; allowed: nothing before a `make refresh`, as the state "
                "has a volume that is not there"
            )
        elif stays and import_id is not None and import_id != block.id:
            yield (
                f"volumes.{name}.import_id: {import_id} given; allowed: {block.id}, which the stack has, or none; to "
                "take that one over instead: `volumes.retain_on_destroy: true`, `make up`, `make down`, and then this"
            )


def left_behind(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a warning for each volume whose data stay on the machine that its service leaves."""
    if settings.machines.volumes_are_resources:
        return
    for name, volume in volumes(settings).items():
        former = prior.folders.get(name)
        if former and former not in settings.machines.lost and former != volume.machine and not volume.block:
            yield f"volumes.{name}: its data stay on {former}; the new volume on {volume.machine} is empty"
