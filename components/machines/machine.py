"""A machine as the rest of the program sees it, whichever provider it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
from pulumi_command import remote

from components.assets import render_script
from components.machines.skipped_command import IGNORED_WHEN_LOST, SkippedCommand

Role = Literal["manager", "worker"]
APT_FUNCTIONS = "machines/scripts/apt.sh"  # functions for scripts that install packages
DIAL_ERROR_LIMIT = 10  # attempts to connect to a machine that has answered before
NAME_LABEL = "nuvla-swarm.machine"  # node label with the name of the machine; its hostname may differ


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A Linux host that answers SSH."""

    name: str  # "<pool>-<ordinal>"
    role: Role
    labels: dict[str, str]  # node labels, from its pool
    availability: str  # "active", "pause" or "drain", from its pool
    public_address: pulumi.Input[str]  # ipv4 that users and the program reach it by
    private_address: pulumi.Input[str]  # ipv4 that the other machines reach it by
    user: str  # SSH user: root, or a user with sudo without password
    private_key: pulumi.Output[str]  # secret, OpenSSH format
    host_key: pulumi.Output[str]  # public host key, "<type> <base64>"
    # All host keys that it may show to the program's own scripts, known before its host key has been replaced; empty:
    # `host_key` alone.
    host_keys: Sequence[pulumi.Input[str]] = ()
    first_host_key: pulumi.Output[str] | None = None  # that the machine was created with; None: `host_key`
    system_generation: pulumi.Output[str]  # changes when /etc and the packages are those of a new machine
    data_generation: pulumi.Output[str]  # changes when /var/lib/docker is a new, empty one
    root: pulumi.Resource | None = None  # resource that holds /etc and the packages; None: the host outlives the stack
    disk: pulumi.Resource | None = None  # resource that holds /var/lib/docker; None as for `root`
    port: int = 22  # of the SSH server
    shares_kernel: bool = False  # with its host, so that only the kernel settings below `net.` belong to the machine
    daemon_json: pulumi.Output[str] | None = None  # daemon.json of the engine before the program came; may be empty
    lost: bool = False  # the machine is dead: the program runs no command on it or about it
    silent: bool = False  # it does not answer now: its commands stay as they are until an update reaches it again
    commands: frozenset[str] = frozenset()  # names of the commands in the state
    hooks: pulumi.ResourceHookBinding | None = None  # of every command on the machine
    registered: set[str] = field(default_factory=set)  # names of the commands that this run has registered so far

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
        """Register a command that runs a script on this machine as root, at first and whenever a value changes.

        `script` and `libraries`, scripts of functions that precede it, are paths below components/.
        `create`, `update` and `delete` are the script's argument in each case; `create` stands in for a missing
        `update`. The stdout of the script is the output of the command, which Pulumi does not log; Pulumi logs stderr
        unless `logging` says otherwise.
        When one of `triggers` changes, the command runs again in place, without its delete script: a machine that died
        could not run that. The delete script runs when the program drops the command while the machine lives: this
        machine, or the one that the command is `about`. With `undo_before_destroy`, it also runs before the machine is
        destroyed. With a `dial_error_limit` of -1, the command waits until the machine has booted, or times out.
        """
        self.registered.add(name)
        lost = self.lost or (about is not None and about.lost)
        away = lost or self.silent or (about is not None and about.silent)
        if away and name not in self.commands | (about.commands if about else frozenset()):
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
            create=self.bash(create),
            update=self._bash_with_triggers(update or create, triggers) if update or triggers else None,
            delete=self.bash(delete) if delete else None,
            stdin=render_script(script, values, libraries=libraries),
            logging=logging,
            add_previous_output_in_env=False,  # keeps former output out of the environment of the script
            opts=pulumi.ResourceOptions.merge(
                opts,
                pulumi.ResourceOptions(
                    hooks=self.hooks,
                    deleted_with=None if undo_before_destroy else about.disk if about else self.root,
                    retain_on_delete=lost or None,
                    ignore_changes=IGNORED_WHEN_LOST if away else None,
                ),
            ),
        )

    def _bash_with_triggers(self, argument: str, triggers: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
        """Return the command line with the triggers as a comment.

        The script itself does not hold them: a preview may not know the triggers, but has to show the script's lines.
        """
        command = self.bash(argument)
        return pulumi.Output.all(*triggers).apply(
            lambda values: " # ".join([command, *(" ".join(str(value).split()) for value in values)])
        )

    def bash(self, argument: str) -> str:
        """Return the command line that runs a script from standard input as root."""
        return bash(self.user, argument)


def bash(user: str, argument: str) -> str:
    """Return the command line by which a user runs a script from standard input as root."""
    sudo = "" if user == "root" else "sudo -n "
    return f"{sudo}bash -s -- {argument}".rstrip()
