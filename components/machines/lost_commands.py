"""Commands of lost machines that the program no longer declares: the state drops them without a connection."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_command import remote

from components.machines.machine import Machine
from components.machines.skipped_command import IGNORED_WHEN_LOST

SUFFIX = "-forgotten"  # frees the former name for a command that runs on another machine, or again


@dataclass(frozen=True, kw_only=True)
class FormerCommand:
    """A command in the state."""

    urn: str
    host: str  # address that the command ran at; no two machines of a stack share one
    has_delete: bool  # whether its deletion runs a script on the machine
    host_key: str = ""  # that it expected, "<type> <base64>"


def retain_lost_commands(
    former: Mapping[str, FormerCommand], machines: Collection[Machine], opts: pulumi.ResourceOptions
) -> None:
    """Retain the commands of lost machines in the state, unless one of `machines` has registered them.

    `former` has the commands by name. The program calls this function after it registered all other commands.
    Pulumi deletes a resource with the options of the last update that declared it, so it would run the delete scripts
    on a machine that is only now declared lost. This declaration with `retain_on_delete` lets a later update drop the
    commands without a connection. They stay declared for as long as the machine is lost, so that an update without
    changes has nothing to do.
    """
    registered = {name for machine in machines for name in machine.registered}
    for name, command in former.items():
        if name in registered:
            continue
        retained = name.endswith(SUFFIX)
        new_name = name if retained else name + SUFFIX
        while not retained and new_name in former:  # from an earlier loss
            new_name += SUFFIX
        remote.Command(
            new_name,
            connection=remote.ConnectionArgs(host=command.host),
            opts=pulumi.ResourceOptions.merge(
                opts,
                pulumi.ResourceOptions(
                    aliases=None if retained else [command.urn],
                    retain_on_delete=True,
                    ignore_changes=IGNORED_WHEN_LOST,
                ),
            ),
        )
