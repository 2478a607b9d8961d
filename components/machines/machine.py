"""What a machine is to everything that is built on it."""

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_command import remote

Role = Literal["manager", "worker"]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A Linux host that answers SSH, wherever it comes from."""

    name: str  # "<pool>-<ordinal>", its hostname too
    role: Role
    labels: dict[str, str]  # node labels, from its pool
    availability: str  # "active", "pause" or "drain", from its pool
    public_address: pulumi.Input[str]  # ipv4 that users and the program reach it by
    private_address: pulumi.Input[str]  # ipv4 that the other machines reach it by
    user: str  # who logs in; others than root have sudo without password
    private_key: pulumi.Output[str]  # secret, OpenSSH format
    host_key: pulumi.Output[str]  # public host key, "<type> <base64>"
    data_path: str  # folder on the disk that outlives the machine's root
    root_id: pulumi.Output[str]  # another one: /etc and the packages are those of a new machine
    disk_id: pulumi.Output[str]  # another one: /var/lib/docker and `data_path` are empty

    def connection(self, dial_error_limit: int = 10) -> remote.ConnectionArgs:
        """SSH to the machine; `dial_error_limit` -1 waits for a machine that boots until the command times out."""
        return remote.ConnectionArgs(
            host=self.public_address,
            user=self.user,
            private_key=self.private_key,
            host_key=self.host_key,
            dial_error_limit=dial_error_limit,
        )

    def bash(self, *arguments: str) -> str:
        """Command line that runs a script from standard input as root."""
        sudo = "" if self.user == "root" else "sudo -n "
        return " ".join([f"{sudo}bash -s --", *arguments])
