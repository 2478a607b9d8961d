"""The tokens by which machines join a swarm."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.swarm.membership import Membership
from components.swarm.swarm import NODES_FUNCTIONS, Swarm


@dataclass(frozen=True, kw_only=True)
class JoinTokensArgs:
    """Who joins by them."""

    swarm: Swarm
    memberships: Sequence[Membership]


class JoinTokens(pulumi.ComponentResource):
    """Join tokens of which nobody knows: after machines have joined, the ones that they joined by open nothing.

    So neither the state nor a log has one that is valid, but while an update has not come that far. A machine that did
    not join meanwhile is invited anew by the next update.
    Errors: the update fails when the swarm has no leader for a minute.
    Source: Docker CLI reference, ``docker swarm join-token``.
    """

    def __init__(self, name: str, args: JoinTokensArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("nuvla:swarm:JoinTokens", name, {}, opts)
        args.swarm.api_manager.command(
            f"{name}-rotated",
            "swarm/scripts/tokens.sh",
            {"SWARM_ID": args.swarm.id},
            pulumi.ResourceOptions(parent=self, depends_on=list(args.memberships)),
            libraries=[NODES_FUNCTIONS],
            triggers=[args.swarm.api_manager.data_generation, *(one.invitation_id for one in args.memberships)],
        )
        self.register_outputs({})
