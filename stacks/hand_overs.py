"""Volumes of block storage that machines give to each other."""

from collections.abc import Mapping

from components.machines.volume import Move, Moves, VolumeArgs
from components.storage.hand_over import Contact, HandOver
from components.storage.nfs import PATH
from stacks.config.settings import Settings
from stacks.prior_state import PriorState


def all_of(
    settings: Settings, wanted: Mapping[str, VolumeArgs], prior: PriorState, moves: Mapping[str, Moves]
) -> list[HandOver]:
    """Block storage that goes from a machine which lives to another one, or that went in an update before."""
    found = []
    for name in type(settings.volumes).model_fields:
        giver = _giver(settings, wanted, prior, name)
        if giver is not None or f"{name}-hand-over" in prior.names:
            found.append(
                HandOver(
                    volume=name,
                    giver=_contact(prior, giver),
                    entry=_contact(prior, settings.entry if giver else None),
                    shared=PATH if name == "nfs" else None,
                    done=giver is None,
                    moves=moves.get(name),
                )
            )
    return found


def givers(settings: Settings, wanted: Mapping[str, VolumeArgs], prior: PriorState) -> dict[str, str]:
    """The machine that has a volume which another one gets, by the name of the volume; lost or not."""
    every = settings.machines.names("manager", "worker")
    return {
        name: block.machine
        for name, block in prior.blocks.items()
        if name in wanted and wanted[name].block and block.machine in every and block.machine != wanted[name].machine
    }


def latest_moves(settings: Settings, wanted: Mapping[str, VolumeArgs], prior: PriorState) -> dict[str, Move]:
    """The last move of each volume that ever had one, which may be of this update.

    One that is taken back before its end, or is made again later, is another move. Where the data stay and their
    machine is another one, only the server of shared files is at stake: Swarm itself stops services. Not of local
    machines: one that gives or gets a volume is made anew, with all that is on it.
    """
    found = dict(prior.moves)
    for name in type(settings.volumes).model_fields:
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


def _giver(settings: Settings, wanted: Mapping[str, VolumeArgs], prior: PriorState, name: str) -> str | None:
    """The machine that has a volume, if that goes elsewhere and both it and the entry can be asked."""
    block, volume = prior.blocks.get(name), wanted.get(name)
    if block is None or (volume is not None and volume.block and volume.machine == block.machine):
        return None
    alive = set(prior.members) - set(settings.machines.lost)
    return block.machine if block.machine in alive and settings.entry in alive else None


def _contact(prior: PriorState, machine: str | None) -> Contact:
    if machine is None:
        return Contact(name="", address="", host_key="")
    member = prior.members[machine]
    return Contact(name=machine, address=member.public_address, host_key=member.host_key)
