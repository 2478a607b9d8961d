"""Memberships of the machines in the swarm, and the order in which machines join and leave."""

from collections.abc import Mapping

import pulumi

from components.machines.prior_state import PriorState
from components.swarm.membership import Membership, MembershipArgs
from components.swarm.swarm import Swarm
from stacks.foundation import Foundation


def memberships(
    foundation: Foundation, swarm: Swarm, before_joining: Mapping[str, pulumi.Resource], prior: PriorState
) -> dict[str, Membership]:
    """Make the memberships of all machines: managers join one after the other, the API manager first.

    Existing machines, which survive `destroy`, leave before the API manager does. Managers never join in parallel: two
    that do can block each other for a while, and leave nodes in the swarm that belong to no machine.
    Machines are drained one after the other, when those that are not drained any more take tasks again: the tasks have
    to run somewhere. One that this update also replaces is drained as it leaves.
    """
    survives_destroy, api_manager = foundation.cluster.survives_destroy, foundation.api_manager
    firewalls = foundation.firewall.ready
    members: dict[str, Membership] = {}
    previous: Membership | None = None
    for machine in sorted(
        foundation.cluster.machines.values(),
        key=lambda machine: (machine is not api_manager, machine.availability == "drain", machine.role),
    ):
        # Firewalls of existing machines list each machine, so all of them have to be updated before one joins. Other
        # firewalls list the network of the machines.
        updated = list(firewalls.values()) if survives_destroy else [firewalls[machine.name]]
        prepared = [before_joining[machine.name]] if machine.name in before_joining else []
        prepared += [volume.ready for volume in foundation.volumes.values() if volume.machine == machine.name]
        earlier = [previous] if previous is not None and machine.role == "manager" else []
        earlier += [members[api_manager.name]] if survives_destroy and machine is not api_manager else []
        is_drained = machine.availability == "drain" and not foundation.turns.replaces(machine.name)
        members[machine.name] = Membership(
            f"{machine.name}-membership",
            MembershipArgs(
                machine=machine,
                swarm=swarm,
                depends_on=[foundation.engines[machine.name], *updated, *prepared],
                leaves=survives_destroy,
                before_drain=[member.ready for member in members.values()] if is_drained else [],
                renewals=prior.renewals_of(f"{machine.name}-membership"),
            ),
            pulumi.ResourceOptions.merge(
                foundation.cluster.child_lifecycle(), pulumi.ResourceOptions(depends_on=earlier)
            ),
        )
        if foundation.turns.replaces(machine.name):
            ready = members[machine.name].ready
            foundation.turns.end(machine.name, ready, ready.urn)
        previous = members[machine.name] if machine.role == "manager" else previous
    return members
