"""Block storage that goes from one machine to another while both live."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.machines.cluster import STACK_LABEL, Key, stack_id
from components.machines.machine import Machine
from components.machines.volume import FOLDER, Moves

FUNCTIONS = ("storage/scripts/nfs.sh", "storage/scripts/mounts.sh")


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How a machine was reached by the last update, before this one makes anything."""

    name: str
    address: str  # ipv4
    host_key: str  # public, "<type> <base64>"


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """A volume that a machine gives away."""

    volume: str  # name
    giver: Contact
    api_manager: Contact  # manager that can stop the services which use it
    shared: str | None  # folder that the files are served from too, if they are
    done: bool  # whether that was in an update before: then nothing is run
    moves: Moves | None = None  # of the volume; None where this was in an update of a program that did not count them


def hand_over(
    args: HandOver, user: str, login: Key, names: frozenset[str], opts: pulumi.ResourceOptions
) -> Sequence[pulumi.Resource]:
    """Commands that end whoever uses the volume on its machine, and unmount it there: to be made before it is detached.

    They stay in the state, and run again only for another one of its moves. `names` are those of the commands that are
    there.
    """
    folder = f"{FOLDER}/{args.volume}"
    folders = [folder, *([args.shared] if args.shared else [])]
    triggers = [args.moves.count] if args.moves else []
    idle = _machine(args.api_manager, user, login, args.done, names).command(
        f"{args.volume}-idle",
        "machines/exoscale/scripts/idle.sh",
        {"MACHINE": args.giver.name, "FOLDERS": " ".join(folders), "LABEL": f"{STACK_LABEL}={stack_id()}"},
        opts,
        triggers=triggers,
    )
    given = _machine(args.giver, user, login, args.done, names).command(
        f"{args.volume}-hand-over",
        "machines/exoscale/scripts/hand_over.sh",
        {"FOLDER": folder, "SHARED": args.shared or ""},
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[idle])),
        libraries=FUNCTIONS,
        triggers=triggers,
    )
    return [idle, given]


def _machine(contact: Contact, user: str, login: Key, done: bool, names: frozenset[str]) -> Machine:
    """Enough of a machine to run a command on it."""
    nothing = pulumi.Output.from_input("")
    return Machine(
        name=contact.name,
        role="worker",
        labels={},
        availability="active",
        public_address=contact.address,
        private_address=contact.address,
        user=user,
        private_key=login.private,
        host_key=pulumi.Output.from_input(contact.host_key),
        system_generation=nothing,
        data_generation=nothing,
        lost=done,  # nothing is asked of it
        commands=names,
    )
