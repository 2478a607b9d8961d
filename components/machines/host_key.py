"""The host keys of machines that the program makes: the first one of each, and those that take its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi

from components.generations import FIRST
from components.machines.machine import Machine
from components.machines.shell import UnreachableError, run_until

SCRIPT = "machines/scripts/host_key.sh"
KEY = re.compile(r"(.+)-host-key\d*")  # names of resources
PROOF_SUFFIX = "-host-key-proof"  # ends the name of the command that a machine has shown its key to


@dataclass(frozen=True, kw_only=True)
class HostKeys:
    """Which host key each machine has to show, and what the state holds of their keys."""

    generation: int = 1
    known: Mapping[str, str] = field(default_factory=dict)  # public halves, by logical name, "<type> <base64>"
    shown: Mapping[str, str] = field(default_factory=dict)  # by machine: the one that its last proof was for
    away: frozenset[str] = frozenset()  # machines that the program runs no command on

    def props(self) -> dict[str, int]:
        """Return what a preview shows of them; nothing before any replacement."""
        return {"host_key_generation": self.generation} if self.generation > 1 else {}

    def current(self, machine: str) -> str:
        """Return the logical name of the key of the present generation."""
        return name_of(machine, self.generation)

    def former(self, machine: str) -> dict[str, str]:
        """Return the public halves, by logical name, of keys that take no part any more, but may still be shown."""
        used = {name_of(machine, 1), self.current(machine)}
        return {
            name: public
            for name, public in self.known.items()
            if name not in used and (found := KEY.fullmatch(name)) and found[1] == machine
        }

    def is_replaced(self, machine: str) -> bool:
        """Return whether the key of a machine is, or was, another one than its first."""
        return self.generation > 1 or machine in self.shown or bool(self.former(machine))

    def is_due(self, machine: str) -> bool:
        """Return whether a machine may show another key than that of the present generation."""
        return self.is_replaced(machine) and self.shown.get(machine, "") != self.known.get(self.current(machine))


FIRST_HOST_KEYS = HostKeys()  # that were never replaced


@dataclass(frozen=True, kw_only=True)
class HostKey:
    """The host keys of one machine."""

    first: pulumi.Output[str]  # public half of the one that the machine is created with
    private: pulumi.Output[str]  # of the present generation, secret, OpenSSH format
    public: pulumi.Output[str]  # of the present generation
    others: Sequence[pulumi.Input[str]]  # public halves of all others that it may show
    is_due: bool  # whether it may show one of them


def name_of(machine: str, generation: int) -> str:
    """Return the logical name of the host key of a machine, of a generation."""
    return FIRST.name(f"{machine}-host-key", generation)


def with_host_key(
    machine: Machine,
    key: HostKey,
    opts: pulumi.ResourceOptions,
    *,
    patience_s: float,
    hooks: pulumi.ResourceHookBinding | None = None,
) -> Machine:
    """Return the machine with the host key of the present generation, which its commands wait for.

    A command expects a single host key, and its SSH server may show a former one: at first, after an update that was
    killed, or because the machine is a new one. So before the command that proves the key, the program connects itself,
    whichever of these keys the machine shows, and replaces it. A machine that does not answer has `patience_s` to boot.
    """
    all_keys = [key.public, *key.others]
    wanted = replace(machine, host_key=key.public, host_keys=all_keys, first_host_key=key.first)

    async def before(args: pulumi.ResourceHookArgs) -> None:
        script = await pulumi.Output.from_input((args.new_inputs or {})["stdin"]).future() or ""
        await _run(wanted, script, patience_s)

    hook = pulumi.ResourceHook(f"{machine.name}-host-key", before)
    own = pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
    both = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(hooks=hooks), pulumi.ResourceOptions(hooks=own))
    proof = wanted.command(
        f"{machine.name}{PROOF_SUFFIX}",
        SCRIPT,
        {"MACHINE": machine.name, "PRIVATE_KEY": key.private, "PUBLIC_KEY": key.public},
        pulumi.ResourceOptions.merge(opts, both),
        triggers=[machine.system_generation],
    )
    # The URN adds the dependency on the proof; a preview knows it.
    host_key = pulumi.Output.all(key.public, proof.urn).apply(lambda values: str(values[0]))
    return replace(wanted, host_key=host_key, host_keys=all_keys if key.is_due else [key.public])


async def _run(machine: Machine, script: str, patience_s: float) -> None:
    """Run the script on a machine that may have to boot.

    Errors: `pulumi.RunError`, if the machine does not answer in time, or the script fails.
    """
    try:
        done = await run_until(machine, script, "", lambda _: True, patience_s)
    except UnreachableError as error:
        raise pulumi.RunError(str(error)) from error
    done.require_success(f"{machine.name}: {SCRIPT}")
