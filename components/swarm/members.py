"""The end of memberships in a swarm."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.machines.machine import NAME_LABEL
from components.swarm.membership import Membership
from components.swarm.swarm import NODES_FUNCTIONS, Swarm


@dataclass(frozen=True, kw_only=True)
class MembersArgs:
    """Who stays."""

    swarm: Swarm
    memberships: Sequence[Membership]


class Members(pulumi.ComponentResource):
    """A swarm that has none of this program's machines but these: others are drained, and then forgotten, one by one.

    It is the last thing of an update, so that the services of those that go run elsewhere already, and before machines
    are destroyed. Nothing is asked of a machine that goes, nor of the manager that was the entry before.
    Nodes that somebody else added are left alone.
    Outputs: ``names`` (list).
    Errors: the update fails when tasks of a machine do not stop within a minute and the time that they may take.
    """

    def __init__(self, name: str, args: MembersArgs, opts: pulumi.ResourceOptions | None = None):
        names = [one.machine.name for one in args.memberships if not one.machine.lost]
        super().__init__("nuvla:swarm:Members", name, {"names": names}, opts)
        api_manager = args.swarm.api_manager
        api_manager.command(
            f"{name}-only",
            "swarm/scripts/members.sh",
            {"MEMBERS": " ".join(names), "NAME_LABEL": NAME_LABEL},
            pulumi.ResourceOptions(parent=self, depends_on=list(args.memberships)),
            libraries=[NODES_FUNCTIONS],
            triggers=[args.swarm.id],
        )
        self.register_outputs({"names": names})
