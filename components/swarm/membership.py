"""The membership of one machine in a swarm."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components.kept_outputs import keep_outputs
from components.machines.machine import NAME_LABEL, Machine
from components.machines.skipped_command import SkippedCommand
from components.swarm.swarm import NODES_FUNCTIONS, TASKS_FUNCTIONS, Swarm

RENEWALS_SUFFIX = "-asked"  # ends the logical names of the records of renewed invitations


def record_renewals(name: str, count: int, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Record in the state how often an invitation was renewed, so that the next run continues the count."""
    stash = pulumi.Stash(f"{name}{RENEWALS_SUFFIX}", input=count, opts=pulumi.ResourceOptions(parent=parent))
    return stash.urn.apply(lambda _: str(count))  # a preview knows the URN, unlike the output


@dataclass(frozen=True, kw_only=True)
class MembershipArgs:
    """The machine that joins, and the swarm."""

    machine: Machine
    swarm: Swarm
    depends_on: Sequence[pulumi.Resource]  # the machine's engine, and what else precedes the join
    leaves: bool  # whether the machine outlives its membership, so that a script has to leave the swarm there
    before_drain: Sequence[pulumi.Resource] = ()  # of members that take the tasks of a drained one
    renewals: int = 0  # how often the invitation was renewed, because the machine did not use one that may have ended


class Membership(pulumi.ComponentResource):
    """A ready member of the swarm, with its role, labels and availability.

    The program reads a join token for this join alone, rotates it afterwards (see `JoinTokens`) and stores it nowhere
    in plain text. A machine that is recreated, or whose address changes, joins again, and the swarm forgets the former
    node. The program drains a machine before it replaces the machine. `Members` drains a machine that leaves the
    settings, without a connection to that machine or to a former API manager.
    If ``<name>-node`` is replaced, the other steps run again in place: a machine that somebody took out of the swarm
    joins again.
    Outputs: ``name``, ``role``, ``public_address``, ``private_address``, ``host_key``, ``node_id`` (str);
    ``goes_with`` (list), the name of the resource that holds the membership. The attribute ``ready`` is the command
    after which the member is ready.
    Errors: the update fails if the machine does not become ready within a minute.
    Source: Docker CLI reference, ``docker swarm join`` and ``docker node``.
    """

    node_id: pulumi.Output[str]
    invitation_id: pulumi.Output[str]  # differs for each invitation

    def __init__(self, name: str, args: MembershipArgs, opts: pulumi.ResourceOptions | None = None):
        machine = args.machine
        props = {"role": machine.role, "labels": machine.labels, "availability": machine.availability}
        super().__init__("nuvla:swarm:Membership", name, props, opts)
        self._name = name
        self.machine = machine
        invitation: pulumi.Output[str] = pulumi.Output.secret(self._invite(args).stdout)
        # The last word is no secret and differs each time. A lost machine may have no invitation.
        self.invitation_id = pulumi.Output.unsecret(invitation.apply(lambda text: "".join(text.split()[-1:])))
        join = self._join(args, invitation)
        self.node_id = join.stdout.apply(str.strip)
        self.ready = self._activate(args)
        keep_outputs(
            self,
            {
                "name": machine.name,
                "role": machine.role,
                "public_address": machine.public_address,
                "private_address": machine.private_address,
                "host_key": machine.host_key,
                "goes_with": [machine.disk.pulumi_resource_name] if machine.disk else [],
            },
            after=[join],
            node_id=self.node_id,
        )

    def _invite(self, args: MembershipArgs) -> remote.Command | SkippedCommand:
        """Register the command on the API manager that prints a join token for the machine."""
        return self._command(
            "node",
            on=args.swarm.api_manager,
            values={
                "SWARM_ID": args.swarm.id,
                "NODE": self.machine.name,
                "NAME_LABEL": NAME_LABEL,
                "ROLE": self.machine.role,
                "ADDRESS": self.machine.private_address,
                # Another one of an existing host tells that it was reinstalled.
                "HOST_KEY": self.machine.first_host_key or self.machine.host_key,
            },
            libraries=[NODES_FUNCTIONS],
            triggers=[record_renewals(self._name, args.renewals, self)] if args.renewals else [],
            opts=pulumi.ResourceOptions(additional_secret_outputs=["stdout"]),
        )

    def _join(self, args: MembershipArgs, invitation: pulumi.Output[str]) -> remote.Command | SkippedCommand:
        """Register the command on the machine that joins the swarm and prints the node's id."""
        return self._command(
            "join",
            on=self.machine,
            values={
                "SWARM_ID": args.swarm.id,
                "ADDRESS": self.machine.private_address,
                "MANAGER": args.swarm.api_manager.private_address,
                "INVITATION": invitation.apply(lambda text: " ".join(text.split())),
            },
            verbs=("join", "leave" if args.leaves else None),
            opts=pulumi.ResourceOptions(depends_on=list(args.depends_on)),
        )

    def _activate(self, args: MembershipArgs) -> remote.Command | SkippedCommand:
        """Register the command on the API manager that gives the node its role, labels and availability."""
        labels = self.machine.labels | {NAME_LABEL: self.machine.name}
        return self._command(
            "active",
            on=args.swarm.api_manager,
            values={
                "NODE": self.machine.name,
                "NODE_ID": self.node_id,
                "NAME_LABEL": NAME_LABEL,
                "ROLE": self.machine.role,
                "AVAILABILITY": self.machine.availability,
                "LABELS": "\n".join(f"{key}={value}" for key, value in sorted(labels.items())),
            },
            libraries=[NODES_FUNCTIONS, TASKS_FUNCTIONS],
            triggers=[self.invitation_id],
            verbs=("activate", None if args.leaves else "drain"),
            opts=pulumi.ResourceOptions(
                depends_on=list(args.before_drain), replace_with=[self.machine.disk] if self.machine.disk else None
            ),
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
            logging=remote.Logging.NONE,  # `node` prints a token, and Docker may quote the token in errors of `join`
        )
