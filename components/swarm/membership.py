"""The membership of one machine in a swarm."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components.machines.machine import NAME_LABEL, Machine
from components.machines.skipped_command import SkippedCommand
from components.swarm.swarm import NODES_FUNCTIONS, Swarm

RENEWALS_SUFFIX = "-asked"  # end of the names of what has in the state how often a membership was asked for anew


def record_renewals(name: str, count: int, parent: pulumi.Resource) -> pulumi.Output[str]:
    """That number, in the state: the next run has to count on."""
    stash = pulumi.Stash(f"{name}{RENEWALS_SUFFIX}", input=count, opts=pulumi.ResourceOptions(parent=parent))
    return stash.urn.apply(lambda _: str(count))  # a preview knows the urn


@dataclass(frozen=True, kw_only=True)
class MembershipArgs:
    """Who joins what."""

    machine: Machine
    swarm: Swarm
    depends_on: Sequence[pulumi.Resource]  # its engine, and what else there has to be before it takes part
    leaves: bool  # whether the machine outlives its membership and so has to leave by itself
    renewals: int = (
        0  # how often it is invited anew, because it has not joined by an invitation that may have ended since
    )


class Membership(pulumi.ComponentResource):
    """A machine that is a ready member of the swarm, with its role, labels and availability.

    The join token is read for this one join, ends after it (see `JoinTokens`) and is nowhere in plain text. A machine
    that is made anew, or that has another address, joins again, and the swarm forgets what it was before. Before a
    machine is replaced, it is drained.
    One that is taken out is drained by `Members`, which needs neither that machine nor the entry of before.
    Where ``<name>-node`` is replaced, the other steps are done again in place: a machine that somebody had leave joins.
    Outputs: ``name``, ``role``, ``public_address``, ``private_address``, ``host_key``, ``node_id`` (str);
    ``goes_with`` (list), the resource without which its part in the swarm is gone.
    Errors: the update fails when the machine does not become ready within a minute.
    Source: Docker CLI reference, ``docker swarm join`` and ``docker node``.
    """

    node_id: pulumi.Output[str]
    invitation_id: pulumi.Output[str]  # another one for each invitation

    def __init__(self, name: str, args: MembershipArgs, opts: pulumi.ResourceOptions | None = None):
        machine, api_manager = args.machine, args.swarm.api_manager
        props = {"role": machine.role, "labels": machine.labels, "availability": machine.availability}
        super().__init__("nuvla:swarm:Membership", name, props, opts)
        self._name = name
        self.machine = machine
        asked = [record_renewals(name, args.renewals, self)] if args.renewals else []
        node = self._command(
            "node",
            on=api_manager,
            values={
                "SWARM_ID": args.swarm.id,
                "NODE": machine.name,
                "NAME_LABEL": NAME_LABEL,
                "ROLE": machine.role,
                "ADDRESS": machine.private_address,
                "HOST_KEY": machine.host_key,
            },
            libraries=[NODES_FUNCTIONS],
            triggers=asked,
            opts=pulumi.ResourceOptions(additional_secret_outputs=["stdout"]),
        )
        invitation: pulumi.Output[str] = pulumi.Output.secret(node.stdout)
        # The last word is no secret, and another one each time; a lost machine may have no invitation at all.
        self.invitation_id = pulumi.Output.unsecret(invitation.apply(lambda text: "".join(text.split()[-1:])))
        join = self._command(
            "join",
            on=machine,
            values={
                "SWARM_ID": args.swarm.id,
                "ADDRESS": machine.private_address,
                "MANAGER": api_manager.private_address,
                "INVITATION": invitation.apply(lambda text: " ".join(text.split())),
            },
            verbs=("join", "leave" if args.leaves else None),
            opts=pulumi.ResourceOptions(depends_on=list(args.depends_on)),
        )
        self.node_id = join.stdout.apply(str.strip)
        labels = machine.labels | {NAME_LABEL: machine.name}
        self.ready = self._command(
            "active",
            on=api_manager,
            values={
                "NODE": machine.name,
                "NODE_ID": self.node_id,
                "NAME_LABEL": NAME_LABEL,
                "ROLE": machine.role,
                "AVAILABILITY": machine.availability,
                "LABELS": "\n".join(f"{key}={value}" for key, value in sorted(labels.items())),
            },
            libraries=[NODES_FUNCTIONS],
            triggers=[self.invitation_id],
            verbs=("activate", None if args.leaves else "drain"),
            opts=pulumi.ResourceOptions(replace_with=[machine.disk] if machine.disk else None),
        )
        self.register_outputs(
            {
                "name": machine.name,
                "role": machine.role,
                "public_address": machine.public_address,
                "private_address": machine.private_address,
                "host_key": machine.host_key,
                "node_id": self.node_id,
                "goes_with": [machine.disk.pulumi_resource_name] if machine.disk else [],
            }
        )

    def _command(
        self,
        step: str,
        *,
        on: Machine,
        values: dict[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
        verbs: tuple[str, str | None] = ("", None),
        libraries: Sequence[str] = (),
        triggers: Sequence[pulumi.Input[str]] = (),
    ) -> remote.Command | SkippedCommand:
        create, delete = verbs
        return on.command(
            f"{self._name}-{step}",
            f"swarm/scripts/{step}.sh",
            values,
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=self), opts),
            create=create,
            delete=delete,
            about=self.machine,
            libraries=libraries,
            triggers=[self.machine.data_generation, *triggers],
            logging=remote.Logging.NONE,  # a token is on one's stdout, and Docker may quote it in another's errors
        )
