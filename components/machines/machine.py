"""What a machine is to everything that is built on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_command import remote

from components.assets import render_script

Role = Literal["manager", "worker"]
APT = "machines/scripts/apt.sh"  # functions of scripts that install packages on one
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
    root_id: pulumi.Output[str]  # another one: /etc and the packages are those of a new machine
    disk_id: pulumi.Output[str]  # another one: /var/lib/docker is empty
    port: int = 22  # of its SSH server
    shares_kernel: bool = False  # with the computer that it is on, so that only `net.*` of it is the machine's own
    daemon_json: pulumi.Output[str] | None = None  # what its engine had before the program came, empty if nothing
    lost: bool = False  # never to answer again, so that nothing is undone on it

    def command(
        self,
        name: str,
        script: str,
        values: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
        *,
        create: str = "",
        delete: str | None = None,
        library: str = "",
        triggers: Sequence[pulumi.Input[str]] = (),
        dial_error_limit: int = DIAL_ERROR_LIMIT,
        logging: remote.Logging = remote.Logging.STDERR,
    ) -> remote.Command:
        """A script, by its path below components/, that runs here as root: when it is made, and when a value changes.

        `create` and `delete` are its argument then, and when it is undone, if it is. What it prints is its output, and
        is shown to nobody; its errors are. It runs again when one of `triggers` changes. A `dial_error_limit` of -1
        waits for a machine that boots, until the command times out.
        """
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
            delete=self._bash(delete) if delete else None,
            stdin=render_script(script, values, library=library),
            triggers=list(triggers) or None,
            logging=logging,
            add_previous_output_in_env=False,  # or else it is in the environment of the script
            opts=opts,
        )

    def _bash(self, argument: str) -> str:
        """Command line that runs a script from standard input as root."""
        sudo = "" if self.user == "root" else "sudo -n "
        return f"{sudo}bash -s -- {argument}".rstrip()
