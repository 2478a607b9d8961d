"""The hand-over of block storage from a living machine to another one."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.machines.cluster import STACK_LABEL, Key, stack_id
from components.machines.machine import Machine
from components.machines.volume import FOLDER, Moves

FUNCTIONS = ("storage/scripts/nfs.sh", "storage/scripts/mounts.sh")


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The connection to a machine, as the last update left it: this update has not created machines yet."""

    name: str
    address: str  # ipv4
    host_key: str  # public, "<type> <base64>"


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """A volume that a machine gives up."""

    volume: str  # name
    source: Contact  # machine that gives it up
    api_manager: Contact  # manager that stops the services on the volume
    shared: str | None  # folder that NFS serves the files from, if it does
    done: bool  # whether an earlier update ran the commands, so that nothing runs now
    moves: Moves | None = None  # of the volume; None if an earlier version of the program did not count them


def hand_over(
    args: HandOver, user: str, ssh_key: Key, known_commands: frozenset[str], opts: pulumi.ResourceOptions
) -> Sequence[pulumi.Resource]:
    """Register commands that stop all users of a volume on its machine and unmount it, before Exoscale detaches it.

    The commands stay in the state and run again only when the volume moves again. `known_commands` has the names of
    the commands in the state.
    """
    folder = f"{FOLDER}/{args.volume}"
    folders = [folder, *([args.shared] if args.shared else [])]
    triggers = [args.moves.count] if args.moves else []
    idle = _machine(args.api_manager, user, ssh_key, args.done, known_commands).command(
        f"{args.volume}-idle",
        "machines/exoscale/scripts/idle.sh",
        {"MACHINE": args.source.name, "FOLDERS": " ".join(folders), "LABEL": f"{STACK_LABEL}={stack_id()}"},
        opts,
        triggers=triggers,
    )
    unmounted = _machine(args.source, user, ssh_key, args.done, known_commands).command(
        f"{args.volume}-hand-over",
        "machines/exoscale/scripts/hand_over.sh",
        {"FOLDER": folder, "SHARED": args.shared or ""},
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[idle])),
        libraries=FUNCTIONS,
        triggers=triggers,
    )
    return [idle, unmounted]


def _machine(contact: Contact, user: str, ssh_key: Key, done: bool, known_commands: frozenset[str]) -> Machine:
    """Return a machine that can only run commands."""
    no_generation = pulumi.Output.from_input("")
    return Machine(
        name=contact.name,
        role="worker",
        labels={},
        availability="active",
        public_address=contact.address,
        private_address=contact.address,
        user=user,
        private_key=ssh_key.private,
        host_key=pulumi.Output.from_input(contact.host_key),
        system_generation=no_generation,
        data_generation=no_generation,
        lost=done,  # the program does not connect to a lost machine
        commands=known_commands,
    )
