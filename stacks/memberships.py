"""The memberships of the machines in the swarm, and their order."""

from collections.abc import Mapping

import pulumi

from components.machines.prior_state import PriorState
from components.swarm.membership import Membership, MembershipArgs
from components.swarm.swarm import Swarm
from stacks.foundation import Foundation


def memberships(
    foundation: Foundation, swarm: Swarm, before_joining: Mapping[str, pulumi.Resource], prior: PriorState
) -> dict[str, Membership]:
    """Return the memberships of all machines: managers join one after the other, the API manager first.

    Of machines that outlive the stack, the API manager leaves last.

    Two managers that join at once can keep each other from it for a while, and leave nodes behind that never were.
    """
    survives_destroy, api_manager = foundation.cluster.survives_destroy, foundation.api_manager
    firewalls = foundation.firewall.ready
    members: dict[str, Membership] = {}
    previous: Membership | None = None
    order = ("api_manager", "manager", "worker")
    for machine in sorted(
        foundation.cluster.machines.values(),
        key=lambda machine: order.index("api_manager" if machine is api_manager else machine.role),
    ):
        # Every machine's firewall has to know one that joins, unless it knows its network.
        known = list(firewalls.values()) if survives_destroy else [firewalls[machine.name]]
        before = [before_joining[machine.name]] if machine.name in before_joining else []
        before += [volume.ready for volume in foundation.volumes.values() if volume.machine == machine.name]
        first = [previous] if previous is not None and machine.role == "manager" else []
        first += [members[api_manager.name]] if survives_destroy and machine is not api_manager else []
        members[machine.name] = Membership(
            f"{machine.name}-membership",
            MembershipArgs(
                machine=machine,
                swarm=swarm,
                depends_on=[foundation.engines[machine.name], *known, *before],
                leaves=survives_destroy,
                renewals=prior.renewals_of(f"{machine.name}-membership"),
            ),
            pulumi.ResourceOptions.merge(
                foundation.cluster.child_lifecycle(), pulumi.ResourceOptions(depends_on=first)
            ),
        )
        previous = members[machine.name] if machine.role == "manager" else previous
    return members
