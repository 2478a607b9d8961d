"""What a lost machine had that the program has no more: it leaves the state, and nothing is asked of the machine."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components.machines.machine import Machine
from components.machines.skipped_command import IGNORED_WHEN_LOST

SUFFIX = "-forgotten"  # of its name: the name of before is free for a command that runs elsewhere, or again


@dataclass(frozen=True, kw_only=True)
class FormerCommand:
    """A command of the state."""

    urn: str
    host: str  # address that it ran at: no two machines of a stack have the same
    has_delete: bool  # whether something runs there when it goes


def retain_lost_commands(
    former: Mapping[str, FormerCommand], machines: Collection[Machine], opts: pulumi.ResourceOptions
) -> None:
    """Keeps commands of lost machines, by their names, as they are in the state, unless one of `machines` has them.

    It comes after all commands. Pulumi undoes what a program has no more as the last update but this one had said: who
    learns only now that a machine is dead has to say it of each command, and with that the next update may drop it.
    It stays for as long as the machine is lost, so that an update which changes nothing has nothing to do.
    """
    made = {name for machine in machines for name in machine.registered}
    for name, one in former.items():
        if name in made:
            continue
        kept = name.endswith(SUFFIX)
        now = name if kept else name + SUFFIX
        while not kept and now in former:  # of an earlier loss
            now += SUFFIX
        remote.Command(
            now,
            connection=remote.ConnectionArgs(host=one.host),
            opts=pulumi.ResourceOptions.merge(
                opts,
                pulumi.ResourceOptions(
                    aliases=None if kept else [one.urn], retain_on_delete=True, ignore_changes=IGNORED_WHEN_LOST
                ),
            ),
        )
