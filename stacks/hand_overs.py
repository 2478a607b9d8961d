"""Volumes of block storage that machines give to each other."""

from collections.abc import Mapping

from components.machines.hand_over import Contact, HandOver
from components.machines.volume import VolumeArgs
from components.storage.nfs import PATH
from stacks.prior_state import PriorState
from stacks.settings import Settings


def found(settings: Settings, wanted: Mapping[str, VolumeArgs], prior: PriorState) -> list[HandOver]:
    """Block storage that goes from a machine which lives to another one, or that went in an update before."""
    lost, givers = settings.machines.lost, []
    for name, block in prior.blocks.items():
        goes = name not in wanted or not wanted[name].block or wanted[name].machine != block.machine
        moves = (
            goes and block.machine in prior.members and block.machine not in lost and settings.entry in prior.members
        )
        if moves or f"{name}-hand-over" in prior.names:
            giver, entry = (block.machine, settings.entry) if moves else (None, None)
            givers.append(
                HandOver(
                    volume=name,
                    giver=_contact(prior, giver),
                    entry=_contact(prior, entry),
                    shared=PATH if name == "nfs" else None,
                    done=not moves,
                )
            )
    return givers


def _contact(prior: PriorState, machine: str | None) -> Contact:
    if machine is None:
        return Contact(name="", address="", host_key="")
    member = prior.members[machine]
    return Contact(name=machine, address=member.public_address, host_key=member.host_key)
