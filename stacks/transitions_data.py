"""Rules of an update that would delete data, or leave them where nothing reads them."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from components.rule import Rule
from stacks.config.settings import Settings
from stacks.volumes import volumes


def _volumes_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
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


def _data_are_not_left(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for the volumes of each machine whose data stay on its disk, while their new folder is empty."""
    staying = settings.machines.names("manager", "worker")
    wanted = volumes(settings)
    moves: dict[tuple[str, str], list[str]] = {}
    for name, former in _on_disks(settings, prior):
        if name in wanted and former in staying and (wanted[name].block or wanted[name].machine != former):
            place = "block storage" if wanted[name].block else wanted[name].machine
            moves.setdefault((former, place), []).append(f"volumes.{name}")
    for (former, place), names in moves.items():
        yield (
            f"{', '.join(names)}: the data stay on the disk of {former}, and on {place} begins an empty volume; "
            f"allowed: the disk of {former}; or first copy the data, as "
            "docs/volumes.md#another-machine-for-the-data says"
        )


def _machines_with_data_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each machine that leaves or is replaced with data on its disk."""
    staying, systems = settings.machines.names("manager", "worker"), settings.machines.systems()
    kept: dict[str, list[str]] = {}
    for name, machine in _on_disks(settings, prior):
        is_replaced = machine in systems and systems[machine] != prior.systems.get(machine, systems[machine])
        if machine not in staying or (is_replaced and machine not in prior.managers):  # of managers, a rule of its own
            kept.setdefault(machine, []).append(f"volumes.{name}")
    for machine, names in kept.items():
        change = "is replaced" if machine in staying else "is removed"
        yield (
            f"machines.pools: {machine} {change}, and has the data of {', '.join(names)} on its disk; allowed: first a "
            f"`make up` that gives the data to another machine and keeps {machine}, as "
            "docs/volumes.md#another-machine-for-the-data says"
        )


def _on_disks(settings: Settings, prior: PriorState) -> Iterator[tuple[str, str]]:
    """Yield each volume whose data are on the disk of a machine that is not lost, with the machine."""
    if settings.machines.volumes_are_resources:
        return
    for name, machine in sorted(prior.folders.items()):
        if name not in prior.blocks and machine not in prior.lost and machine not in settings.machines.lost:
            yield name, machine


RULES = (
    Rule(
        id="volume",
        refuses="`block_storage` switched off, or another `import_id`: the volume would be deleted, or replaced",
        check=_volumes_stay,
    ),
    Rule(
        id="data-left-behind",
        refuses=(
            "another machine for files, metrics, certificates or a database, or `block_storage` switched on, if the "
            "data are on the disk of a machine and stay there"
        ),
        check=_data_are_not_left,
        has_exception=True,
    ),
    Rule(
        id="data-machine",
        refuses="the removal or replacement of a machine with such data on its disk",
        check=_machines_with_data_stay,
        has_exception=True,
    ),
)
