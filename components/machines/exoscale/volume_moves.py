"""Moves of block storage between machines, as the settings and the state imply them."""

from collections.abc import Mapping

from components.machines.data_paths import NFS_ROOT
from components.machines.exoscale.hand_over import Contact, HandOver
from components.machines.exoscale.settings import ExoscaleMachines
from components.machines.host_key import PROOF_SUFFIX
from components.machines.prior_state import PriorState
from components.machines.provider import StackPlan
from components.machines.volume import Moves


def hand_overs(
    machines: ExoscaleMachines, plan: StackPlan, prior: PriorState, moves: Mapping[str, Moves]
) -> list[HandOver]:
    """Return the hand-overs of block storage that a living machine gives up now, or gave up in an earlier update."""
    result = []
    for name in dict.fromkeys([*plan.volumes, *prior.blocks, *prior.moves]):
        source = living_source(machines, plan, prior, name)
        if source is not None or f"{name}-hand-over" in prior.names:
            result.append(
                HandOver(
                    volume=name,
                    source=_contact(prior, source),
                    api_manager=_contact(prior, plan.api_manager if source else None),
                    shared=NFS_ROOT if name == "nfs" else None,
                    done=source is None,
                    moves=moves.get(name),
                )
            )
    return result


def volume_sources(machines: ExoscaleMachines, plan: StackPlan, prior: PriorState) -> dict[str, str]:
    """Return the machine, lost or not, that each moving volume is still attached to, by volume."""
    names, volumes = machines.names("manager", "worker"), plan.volumes
    return {
        name: block.machine
        for name, block in prior.blocks.items()
        if name in volumes and volumes[name].block and block.machine in names and block.machine != volumes[name].machine
    }


def living_source(machines: ExoscaleMachines, plan: StackPlan, prior: PriorState, name: str) -> str | None:
    """Return the machine that gives up a volume, if the program can connect to it and to the API manager."""
    block, volume = prior.blocks.get(name), plan.volumes.get(name)
    if block is None or (volume is not None and volume.block and volume.machine == block.machine):
        return None
    alive = set(prior.members) - set(machines.lost)
    return block.machine if block.machine in alive and plan.api_manager in alive else None


def _contact(prior: PriorState, machine: str | None) -> Contact:
    if machine is None:
        return Contact(name="", address="", host_key="")
    member, proof = prior.members[machine], prior.commands.get(f"{machine}{PROOF_SUFFIX}")
    host_key = proof.host_key if proof else member.host_key
    return Contact(name=machine, address=member.public_address, host_key=host_key)
