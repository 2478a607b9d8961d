"""What a machine is to everything that is built on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
from pulumi_command import remote

from components.assets import render_script
from components.machines.skipped_command import IGNORED_WHEN_LOST, SkippedCommand

Role = Literal["manager", "worker"]
APT_FUNCTIONS = "machines/scripts/apt.sh"  # functions of scripts that install packages on one
DIAL_ERROR_LIMIT = 10  # attempts to reach one that has answered before
NAME_LABEL = "nuvla-swarm.machine"  # node label that every machine has: its name, as its hostname may be another


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A Linux host that answers SSH, wherever it comes from."""

    name: str  # "<pool>-<ordinal>"
    role: Role
    labels: dict[str, str]  # node labels, from its pool
    availability: str  # "active", "pause" or "drain", from its pool
    public_address: pulumi.Input[str]  # ipv4 that users and the program reach it by
    private_address: pulumi.Input[str]  # ipv4 that the other machines reach it by
    user: str  # who logs in; others than root have sudo without password
    private_key: pulumi.Output[str]  # secret, OpenSSH format
    host_key: pulumi.Output[str]  # public host key, "<type> <base64>"
    system_generation: pulumi.Output[str]  # another one: /etc and the packages are those of a new machine
    data_generation: pulumi.Output[str]  # another one: /var/lib/docker is empty
    root: pulumi.Resource | None = None  # what has /etc and the packages; None: the machine outlives the program
    disk: pulumi.Resource | None = None  # what has /var/lib/docker; None as above
    port: int = 22  # of its SSH server
    shares_kernel: bool = False  # with the computer that it is on, so that only `net.*` of it is the machine's own
    daemon_json: pulumi.Output[str] | None = None  # what its engine had before the program came, empty if nothing
    lost: bool = False  # it is dead: nothing is run on it or about it
    commands: frozenset[str] = frozenset()  # names of those that the state has
    registered: set[str] = field(default_factory=set)  # names of those that the program has, so far

    def command(
        self,
        name: str,
        script: str,
        values: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
        *,
        create: str = "",
        update: str | None = None,
        delete: str | None = None,
        about: "Machine | None" = None,
        undo_before_destroy: bool = False,
        libraries: Sequence[str] = (),
        triggers: Sequence[pulumi.Input[str]] = (),
        dial_error_limit: int = DIAL_ERROR_LIMIT,
        logging: remote.Logging = remote.Logging.STDERR,
    ) -> remote.Command | SkippedCommand:
        """A script, by its path below components/, that runs here as root: when it is made, and when a value changes.

        `create`, `update` and `delete` are its argument then; without `update`, `create` is that too. What it prints is
        its output, and is shown to nobody; its errors are. It runs again, without being undone before, when one of
        `triggers` changes: a machine that died could not undo anything. It is undone when the program no longer has it
        while the machine lives: this one, or the one that it is `about`; with `outlives`, before the machine is
        destroyed too. `libraries` are scripts of functions before it. A `dial_error_limit` of -1 waits for a machine
        that boots, until the command times out.
        """
        self.registered.add(name)
        lost = self.lost or (about is not None and about.lost)
        if lost and name not in self.commands | (about.commands if about else frozenset()):
            return SkippedCommand(name, opts.parent)
        return remote.Command(
            name,
            connection=remote.ConnectionArgs(
                host=self.public_address,
                port=self.port,
                user=self.user,
                private_key=self.private_key,
                host_key=self.host_key,
                dial_error_limit=dial_error_limit,
            ),
            create=self._bash(create),
            update=self._again(update or create, triggers) if update or triggers else None,
            delete=self._bash(delete) if delete else None,
            stdin=render_script(script, values, libraries=libraries),
            logging=logging,
            add_previous_output_in_env=False,  # or else it is in the environment of the script
            opts=pulumi.ResourceOptions.merge(
                opts,
                pulumi.ResourceOptions(
                    deleted_with=None if undo_before_destroy else about.disk if about else self.root,
                    retain_on_delete=lost or None,
                    ignore_changes=IGNORED_WHEN_LOST if lost else None,
                ),
            ),
        )

    def _again(self, argument: str, triggers: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
        """The same, with the triggers as a comment: not in the script, whose lines a preview has to show."""
        command = self._bash(argument)
        return pulumi.Output.all(*triggers).apply(
            lambda known: " # ".join([command, *(" ".join(str(one).split()) for one in known)])
        )

    def _bash(self, argument: str) -> str:
        """Command line that runs a script from standard input as root."""
        sudo = "" if self.user == "root" else "sudo -n "
        return f"{sudo}bash -s -- {argument}".rstrip()
