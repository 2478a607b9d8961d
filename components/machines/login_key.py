"""The replacement of the SSH key that the program logs in with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from components.machines.cluster import Key
from components.machines.machine import Machine
from components.machines.skipped_command import SkippedCommand
from components.machines.ssh_settings import key_of

SETTING = "machines.ssh.key_generation"  # at the end of the lines of the new key, and in messages
OWNER = "nuvla-swarm"  # comment of the key


@dataclass(frozen=True, kw_only=True)
class LoginKeyArgs:
    """The key, and the machines that learn it."""

    generation: int
    key: Key  # the current one
    former: Key | None  # which the program still logs in with, so that the current one has to be tried
    retired: Sequence[str]  # public halves of earlier keys, "<type> <base64>", which open no machine any more
    machines: Mapping[str, Machine]
    depends_on: Mapping[str, Sequence[pulumi.Resource]]  # machine -> commands after which it answers


class LoginKey(pulumi.ComponentResource):
    """The current key on every machine, beside the former one at first, and in its place afterwards.

    While the former key is valid, the program logs in with that, adds the current one to the file of authorized keys
    that sshd reads, and logs in with it once. Afterwards, it logs in with the current key, and removes every line with
    a retired key from that file. Each run that was killed in between is ended by the next one. Destroying the component
    changes no machine, as the program logs in to the end.
    Outputs: ``generation`` (int).
    Errors: the update fails if a machine does not let the current key in; the former one still opens it then.
    """

    def __init__(self, name: str, args: LoginKeyArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("nuvla:machines:LoginKey", name, {"generation": args.generation}, opts)
        self._args = args
        # Also the former one: an earlier replacement may have added it.
        valid = [args.key.public, *([args.former.public] if args.former else [])]
        self._lines = pulumi.Output.all(*valid).apply(lambda keys: "\n".join(f"{key_of(key)} {OWNER}" for key in keys))
        for machine in args.machines.values():
            added = self._command(f"{machine.name}-login-key", machine, args.depends_on[machine.name])
            if args.former:
                anew = replace(machine, private_key=args.key.private)
                self._command(proof_of(machine.name, args.generation), anew, [added])
        self.register_outputs({"generation": args.generation})

    def _command(
        self, name: str, machine: Machine, depends_on: Sequence[pulumi.Resource | SkippedCommand]
    ) -> pulumi.Resource | SkippedCommand:
        return machine.command(
            name,
            "machines/scripts/authorized_keys.sh",
            {
                "MACHINE": machine.name,
                "LOGIN_USER": machine.user,
                "KEYS": self._lines,
                "SETTING": SETTING,
                "RETIRED": "\n".join(self._args.retired),
            },
            pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
            create="add",
            triggers=[machine.system_generation],
        )


def proof_of(machine: str, generation: int) -> str:
    """Return the name of the command that logs in on a machine with the key of a generation for the first time."""
    return f"{machine}-login-key{generation}-proof"
