"""The order in which an update restarts or rebuilds the members of the swarm, one at a time."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi

from components.machines.cluster import Cluster
from components.machines.machine import Machine
from components.machines.prior_state import PriorState
from components.machines.provider import StackPlan
from components.machines.registry import provider_of
from components.machines.turns import Build, Turns
from components.swarm.roll import Roll
from stacks.api_manager import working
from stacks.config.settings import Settings


def order(settings: Settings, prior: PriorState) -> list[str]:
    """Return the members of the swarm: workers are first, and last is the API manager, which all that follows needs.

    A machine that comes back after a loss is none: the swarm has forgotten it, and it joins later in the update.
    """
    names = settings.machines.names("manager", "worker")
    members = [name for name in names if prior.has_joined(name) and name not in prior.lost]
    voters = voting(settings, prior)
    last = working(settings, prior)
    return sorted(members, key=lambda name: (name in voters, name == last))


def voting(settings: Settings, prior: PriorState) -> set[str]:
    """Return the members that vote in the quorum; a former manager does until it is demoted, later in the update."""
    return {*settings.machines.names("manager"), *prior.managers}


def builds(settings: Settings, stack_plan: StackPlan) -> Mapping[str, Build]:
    """Return what the machines are made of."""
    return provider_of(settings.machines).builds(settings.machines, stack_plan)


def turns(settings: Settings, wanted: Mapping[str, Build], prior: PriorState) -> Turns:
    """Return the turns of the members that this update rebuilds.

    Those with another disk are last, as they join the swarm again by the API manager, whose turn is over by then; the
    NFS server is the first of them, since each machine gets its export there before it joins.
    """
    rebuilt: dict[str, bool] = {}
    for name in order(settings, prior):
        engine = prior.engines.get(name)
        former = engine.build if engine else None  # unknown after an update that failed: it may be due
        if name in wanted and former != wanted[name] and name not in settings.machines.lost:
            system = former.system if former else prior.systems.get(name, wanted[name].system)
            rebuilt[name] = system != wanted[name].system
    server = settings.nfs_machine if settings.has_nfs else None
    return Turns(dict(sorted(rebuilt.items(), key=lambda turn: (turn[1], turn[1] and turn[0] != server))))


def roll(settings: Settings, cluster: Cluster, prior: PriorState) -> Roll:
    """Return what empties the members, through the manager that restarts last, if it answers."""
    voters = voting(settings, prior)
    managers = [cluster.machines[name] for name in reversed(order(settings, prior)) if name in voters]
    managers = [manager for manager in managers if not manager.lost]
    return Roll(managers=[_at_its_address(manager, prior) for manager in managers], touched=set(prior.emptied))


def _at_its_address(machine: Machine, prior: PriorState) -> Machine:
    """Return a machine at its address of the last update, where this one has to make the machine to know it."""
    member = prior.members.get(machine.name)
    if member is None or not isinstance(machine.public_address, pulumi.Output):
        return machine
    return replace(machine, public_address=member.public_address)
