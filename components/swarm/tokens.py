"""Join tokens of a swarm, and their rotation."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.swarm.membership import Membership
from components.swarm.swarm import NODES_FUNCTIONS, Swarm


@dataclass(frozen=True, kw_only=True)
class JoinTokensArgs:
    """The swarm, and the memberships that use its tokens."""

    swarm: Swarm
    memberships: Sequence[Membership]
    generation: int = 1  # a change rotates the tokens


class JoinTokens(pulumi.ComponentResource):
    """Join tokens that the swarm rotates after machines have joined, so that used tokens are invalid.

    Neither the state nor a log holds a valid token, except in an update that stopped before the rotation. The next
    update renews the invitation of a machine that did not join.
    Errors: the update fails if the swarm has no leader for a minute.
    Source: Docker CLI reference, ``docker swarm join-token``.
    """

    def __init__(self, name: str, args: JoinTokensArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__(
            "nuvla:swarm:JoinTokens", name, {"generation": args.generation} if args.generation > 1 else {}, opts
        )
        args.swarm.api_manager.command(
            f"{name}-rotated",
            "swarm/scripts/tokens.sh",
            {"SWARM_ID": args.swarm.id},
            pulumi.ResourceOptions(parent=self, depends_on=list(args.memberships)),
            libraries=[NODES_FUNCTIONS],
            triggers=[
                args.swarm.api_manager.data_generation,
                *(membership.invitation_id for membership in args.memberships),
                *([f"generation-{args.generation}"] if args.generation > 1 else []),
            ],
        )
        self.register_outputs({})
