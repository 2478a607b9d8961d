"""The removal of former machines from a swarm."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.machines.machine import NAME_LABEL
from components.swarm.membership import Membership
from components.swarm.swarm import NODES_FUNCTIONS, TASKS_FUNCTIONS, Swarm


@dataclass(frozen=True, kw_only=True)
class MembersArgs:
    """The memberships that stay."""

    swarm: Swarm
    memberships: Sequence[Membership]


class Members(pulumi.ComponentResource):
    """The list of the program's machines in a swarm; other machines of the program are drained and removed one by one.

    This step comes last in an update, when services already run on other machines, and before Pulumi destroys machines.
    The program connects neither to a machine that leaves nor to a former API manager. Nodes of other owners stay.
    Outputs: ``names`` (list) of the machines.
    Errors: the update fails if the tasks of a machine do not stop within their grace period and a minute.
    """

    def __init__(self, name: str, args: MembersArgs, opts: pulumi.ResourceOptions | None = None):
        names = [membership.machine.name for membership in args.memberships if not membership.machine.lost]
        super().__init__("nuvla:swarm:Members", name, {"names": names}, opts)
        api_manager = args.swarm.api_manager
        api_manager.command(
            f"{name}-only",
            "swarm/scripts/members.sh",
            {"MEMBERS": " ".join(names), "NAME_LABEL": NAME_LABEL},
            pulumi.ResourceOptions(parent=self, depends_on=list(args.memberships)),
            libraries=[NODES_FUNCTIONS, TASKS_FUNCTIONS],
            triggers=[args.swarm.id],
        )
        self.register_outputs({"names": names})
