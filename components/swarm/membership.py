"""The membership of one machine in a swarm."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components.machines.machine import NAME_LABEL, Machine
from components.swarm.swarm import Swarm


@dataclass(frozen=True, kw_only=True)
class MembershipArgs:
    """Who joins what."""

    machine: Machine
    swarm: Swarm
    after: Sequence[pulumi.Resource]  # its engine, and what else there has to be before it takes part
    leaves: bool  # whether the machine outlives its membership and so has to leave by itself


class Membership(pulumi.ComponentResource):
    """A machine that is a ready member of the swarm, with its role, labels and availability.

    Three commands, so that taking them back in reverse order drains the machine, lets it leave, and removes it from
    the swarm's list. The join token is read for this one join and is nowhere in plain text.
    Outputs: ``node_id`` (str).
    Errors: the update fails when the machine does not become ready, or cannot be drained, within a minute.
    Source: Docker CLI reference, ``docker swarm join`` and ``docker node``.
    """

    node_id: pulumi.Output[str]

    def __init__(self, name: str, args: MembershipArgs, opts: pulumi.ResourceOptions | None = None):
        machine, entry = args.machine, args.swarm.entry
        props = {"role": machine.role, "labels": machine.labels, "availability": machine.availability}
        super().__init__("nuvla:swarm:Membership", name, props, opts)
        self._name = name
        self.machine = machine
        node = self._command(
            "node",
            on=entry,
            verbs=("add", "remove"),
            script="node.sh",
            values={
                "SWARM_ID": args.swarm.id,
                "NODE": machine.name,
                "NAME_LABEL": NAME_LABEL,
                "ROLE": machine.role,
                "HOST_KEY": machine.host_key,
            },
        )
        token: pulumi.Output[str] = pulumi.Output.secret(node.stdout)
        join = self._command(
            "join",
            on=machine,
            verbs=("join", "leave" if args.leaves else None),
            script="join.sh",
            values={
                "SWARM_ID": args.swarm.id,
                "ADDRESS": machine.private_address,
                "MANAGER": entry.private_address,
                "TOKEN": token.apply(str.strip),
            },
            after=args.after,
        )
        self.node_id = join.stdout.apply(str.strip)
        labels = machine.labels | {NAME_LABEL: machine.name}
        self.active = self._command(
            "active",
            on=entry,
            verbs=("activate", "drain"),
            script="active.sh",
            values={
                "NODE": machine.name,
                "NODE_ID": self.node_id,
                "ROLE": machine.role,
                "AVAILABILITY": machine.availability,
                "LABELS": "\n".join(f"{key}={value}" for key, value in sorted(labels.items())),
            },
        )
        self.register_outputs({"node_id": self.node_id})

    def _command(
        self,
        step: str,
        *,
        on: Machine,
        verbs: tuple[str, str | None],
        script: str,
        values: dict[str, pulumi.Input[str]],
        after: Sequence[pulumi.Resource] = (),
    ) -> remote.Command:
        create, delete = verbs
        return on.command(
            f"{self._name}-{step}",
            f"swarm/scripts/{script}",
            values,
            pulumi.ResourceOptions(
                parent=self,
                depends_on=list(after),
                delete_before_replace=True,
                retain_on_delete=on.lost,
                additional_secret_outputs=["stdout"] if step == "node" else None,
            ),
            create=create,
            delete=delete,
            triggers=[self.machine.disk_id],
            logging=remote.Logging.NONE,  # a token is on one's stdout, and Docker may quote it in another's errors
        )
