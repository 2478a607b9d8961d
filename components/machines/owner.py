"""Whose something is: the name of the stack for people, and an id that no other checkout has."""

import secrets
from dataclasses import dataclass

import pulumi

from components.machines.cluster import STACK_LABEL, stack_id

ID_LABEL = "io.nuvla.swarm.id"  # beside `MADE_BY_LABEL`: what bears another one belongs to somebody else
NEVER_RELABELLED = ["labels"]  # ignored changes of what another label would be a reason to make anew
STASH = "infrastructure"  # logical name of the id in the state


@dataclass(frozen=True, kw_only=True)
class Owner:
    """An infrastructure, as what it makes bears it."""

    stack: str  # "<project>/<stack>", which a stack of another checkout may be called too
    id: pulumi.Output[str]  # 8 hex digits

    def labels(self) -> dict[str, pulumi.Input[str]]:
        """Of all that the infrastructure makes."""
        return {STACK_LABEL: self.stack, ID_LABEL: self.id}

    def note(self) -> pulumi.Output[str]:
        """Of hosts that exist already."""
        return pulumi.Output.concat(self.stack, " ", self.id)


def this_infrastructure() -> Owner:
    """The infrastructure of the current stack, to be called once. Its id is in the state as long as anything is."""
    # Each run proposes an id; the first one is kept.
    stash = pulumi.Stash(STASH, input=secrets.token_hex(4), opts=pulumi.ResourceOptions(ignore_changes=["input"]))
    return Owner(stack=stack_id(), id=stash.output)
