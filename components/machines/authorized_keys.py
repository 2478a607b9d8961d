"""Public keys of further people, who may log in on the machines beside the program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.machines.machine import Machine

SETTING = "machines.ssh.authorized_keys"  # at the end of the lines, and in messages


@dataclass(frozen=True, kw_only=True)
class AuthorizedKeysArgs:
    """The keys, and the machines."""

    keys: Sequence[str]  # "<type> <base64> <comment>"
    machines: Mapping[str, Machine]
    depends_on: Mapping[str, pulumi.Resource]  # machine -> command after which the machine answers


class AuthorizedKeys(pulumi.ComponentResource):
    """The public keys of further people on every machine, for the user that the program logs in as.

    The keys are marked lines in the file of authorized keys that sshd reads, beside all other lines, which stay as they
    are. A changed list changes the lines in place. Destroying the component removes the lines from each machine that
    lives on. Sessions that are open stay open.
    Outputs: ``keys`` (list).
    Errors: the update fails if sshd of a machine reads no file of authorized keys.
    Source: OpenSSH manual, sshd(8), "AUTHORIZED_KEYS FILE FORMAT".
    """

    def __init__(self, name: str, args: AuthorizedKeysArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("nuvla:machines:AuthorizedKeys", name, {"keys": list(args.keys)}, opts)
        self.commands: dict[str, pulumi.Resource] = {}  # by machine
        for machine in args.machines.values():
            self.commands[machine.name] = machine.command(
                f"{machine.name}-authorized-keys",
                "machines/scripts/authorized_keys.sh",
                {
                    "MACHINE": machine.name,
                    "LOGIN_USER": machine.user,
                    "KEYS": "\n".join(args.keys),
                    "SETTING": SETTING,
                    "RETIRED": "",
                },
                pulumi.ResourceOptions(parent=self, depends_on=[args.depends_on[machine.name]]),
                create="add",
                delete="remove",
                triggers=[machine.system_generation],
            )
        self.register_outputs({"keys": list(args.keys)})
