"""Data volumes of a stack, their machines, and how often each volume moved."""

from collections.abc import Mapping

from components import catalog
from components.machines.prior_state import PriorState
from components.machines.volume import Move, VolumeSpec
from components.manifest import StoredData
from stacks.config.settings import Settings

# The order in which machines have their volumes; a changed order would be a change of these machines.
ORDER = ("nfs", "prometheus", "alertmanager", "grafana", "traefik", "db", "streams")


def volumes(settings: Settings) -> dict[str, VolumeSpec]:
    """Return the data volumes of the stack, by name.

    A volume that no service uses stays in the stack if Pulumi would otherwise delete its data: block storage, and
    volumes that are resources.
    """
    volume_settings = settings.volumes.named()
    specs: dict[str, VolumeSpec] = {}
    for name, (machine, in_use) in _places(settings).items():
        volume = volume_settings[name]
        if machine is None or not (in_use or volume.block_storage or settings.machines.volumes_are_resources):
            continue
        specs[name] = VolumeSpec(
            machine=machine,
            block=volume.block_storage,
            size_gib=volume.size_gib if volume.block_storage else 0,
            id=volume.import_id,
            path=volume.path,
        )
    return specs


def _places(settings: Settings) -> dict[str, tuple[str | None, bool]]:
    """Return the machine of each volume of the kind, and whether a service uses the volume."""
    stored = {name: one for name, one in catalog.data().items() if settings.kind in one.kinds}
    ordered = sorted(stored, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return {
        name: (_machine(settings, stored[name]), stored[name].feature in (None, *settings.features)) for name in ordered
    }


def _machine(settings: Settings, stored: StoredData) -> str | None:
    if stored.label is not None:
        return next(iter(settings.machines.names_with_label("type", stored.label)), None)
    return str(getattr(settings, stored.machine or ""))


def latest_moves(wanted: Mapping[str, VolumeSpec], prior: PriorState) -> dict[str, Move]:
    """The last move of each volume that ever had one, which may be of this update.

    One that is taken back before its end, or is made again later, is another move. Where the data stay and their
    machine is another one, only the server of shared files is at stake: Swarm itself stops services. Not of local
    machines: one that gives or gets a volume is made anew, with all that is on it.
    """
    found = dict(prior.moves)
    for name in catalog.data():
        volume, block, last = wanted.get(name), prior.blocks.get(name), prior.moves.get(name)
        if volume is None and block is None:
            continue
        place = _place(volume.machine, volume.block) if volume else ""
        if last is not None:
            moved = place != last.place
        elif block is not None:
            was = block.machine or prior.folders.get(name)
            moved = was is not None and place != _place(was, True)
        else:
            moved = name == "nfs" and volume is not None and prior.folders.get(name, volume.machine) != volume.machine
        if moved:
            found[name] = Move(count=last.count + 1 if last else 1, place=place)
    return found


def _place(machine: str, block: bool) -> str:
    return f"{machine}, block storage" if block else machine
