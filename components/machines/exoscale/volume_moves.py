"""Volumes of block storage that machines give to each other."""

from collections.abc import Mapping

from components.machines.data_paths import NFS_ROOT
from components.machines.exoscale.hand_over import Contact, HandOver
from components.machines.exoscale.settings import ExoscaleMachines
from components.machines.prior_state import PriorState
from components.machines.provider import StackPlan
from components.machines.volume import Moves


def all_of(
    machines: ExoscaleMachines, plan: StackPlan, prior: PriorState, moves: Mapping[str, Moves]
) -> list[HandOver]:
    """Block storage that goes from a machine which lives to another one, or that went in an update before."""
    found = []
    for name in dict.fromkeys([*plan.volumes, *prior.blocks, *prior.moves]):
        giver = _giver(machines, plan, prior, name)
        if giver is not None or f"{name}-hand-over" in prior.names:
            found.append(
                HandOver(
                    volume=name,
                    giver=_contact(prior, giver),
                    api_manager=_contact(prior, plan.api_manager if giver else None),
                    shared=NFS_ROOT if name == "nfs" else None,
                    done=giver is None,
                    moves=moves.get(name),
                )
            )
    return found


def givers(machines: ExoscaleMachines, plan: StackPlan, prior: PriorState) -> dict[str, str]:
    """The machine that has a volume which another one gets, by the name of the volume; lost or not."""
    every, wanted = machines.names("manager", "worker"), plan.volumes
    return {
        name: block.machine
        for name, block in prior.blocks.items()
        if name in wanted and wanted[name].block and block.machine in every and block.machine != wanted[name].machine
    }


def _giver(machines: ExoscaleMachines, plan: StackPlan, prior: PriorState, name: str) -> str | None:
    """The machine that has a volume, if that goes elsewhere and both it and the entry can be asked."""
    block, volume = prior.blocks.get(name), plan.volumes.get(name)
    if block is None or (volume is not None and volume.block and volume.machine == block.machine):
        return None
    alive = set(prior.members) - set(machines.lost)
    return block.machine if block.machine in alive and plan.api_manager in alive else None


def _contact(prior: PriorState, machine: str | None) -> Contact:
    if machine is None:
        return Contact(name="", address="", host_key="")
    member = prior.members[machine]
    return Contact(name=machine, address=member.public_address, host_key=member.host_key)
