"""The owner of resources: the stack's name, which people read, and an id that no other checkout shares."""

import secrets
from dataclasses import dataclass

import pulumi

from components.machines.cluster import STACK_LABEL, stack_id

ID_LABEL = "io.nuvla.swarm.id"  # beside `STACK_LABEL`: a resource with another id belongs to another infrastructure
NEVER_RELABELLED = ["labels"]  # for ignore_changes of resources that a changed label would replace
STASH = "infrastructure"  # logical name of the id in the state
KIND = "kind"  # of the record of what the machines are for


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The infrastructure that owns a resource."""

    stack: str  # "<project>/<stack>"; a stack of another checkout may have the same name
    id: pulumi.Output[str]  # 8 hex digits

    def labels(self) -> dict[str, pulumi.Input[str]]:
        """Return the labels of all resources that the infrastructure creates."""
        return {STACK_LABEL: self.stack, ID_LABEL: self.id}

    def as_text(self) -> pulumi.Output[str]:
        """Return the text that existing hosts store in their restore points."""
        return pulumi.Output.concat(self.stack, " ", self.id)


def this_infrastructure(kind: str) -> Owner:
    """Register the owner of the current stack; call it once a run. The state holds its id until `destroy`.

    The state holds the kind before it holds anything that has the id, and so any machine.
    """
    recorded = pulumi.Stash(KIND, input=kind)
    # Each run proposes a random id; the state keeps the first.
    opts = pulumi.ResourceOptions(ignore_changes=["input"], depends_on=[recorded])
    stash = pulumi.Stash(STASH, input=secrets.token_hex(4), opts=opts)
    return Owner(stack=stack_id(), id=stash.output)
