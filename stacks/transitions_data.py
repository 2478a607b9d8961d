"""Changes that would lose data: one line for each."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from stacks.config.settings import Settings
from stacks.volumes import volumes


def volumes_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    """A volume is deleted only where it was said before that it is kept."""
    wanted = volumes(settings)
    for name, block in prior.blocks.items():
        there = name in wanted and (wanted[name].block or settings.machines.volumes_are_resources)
        given = settings.volumes.named()[name].import_id
        if not there and not prior.retains_volumes:
            yield (
                f"volumes.{name}: not given, and {block.id} would be deleted with what it holds; "
                "allowed: to leave it as it was, or first an `up` with volumes.retain_on_destroy: true"
            )
        elif there and given is not None and not block.id:
            yield (
                f"volumes.{name}.import_id: {given} given; allowed: nothing before a `make refresh`, as the state has "
                "a volume that is not there"
            )
        elif there and given is not None and given != block.id:
            yield (
                f"volumes.{name}.import_id: {given} given; allowed: {block.id}, which the stack has, or none; to take "
                "that one over instead: `volumes.retain_on_destroy: true`, `make up`, `make down`, and then this"
            )


def left_behind(settings: Settings, prior: PriorState) -> Iterator[str]:
    """What a preview has to say of data that stay where they are when their service goes to another machine."""
    if settings.machines.volumes_are_resources:
        return
    for name, volume in volumes(settings).items():
        was = prior.folders.get(name)
        if was and was not in settings.machines.lost and was != volume.machine and not volume.block:
            yield f"volumes.{name}: what it holds stays on {was}; on {volume.machine} it begins empty"
