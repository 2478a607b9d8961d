"""The roll of a swarm: what restarts engines is done one machine after the other, each of which is empty meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.assets import read
from components.machines.machine import NAME_LABEL, Machine
from components.machines.shell import Done, UnreachableError, run_script
from components.swarm.swarm import NODES_FUNCTIONS

SCRIPT = "swarm/scripts/roll.sh"


def script_for(machine: str) -> str:
    """Return the script that empties and refills a machine, with its parameters."""
    return f"export NODE={machine}\nexport NAME_LABEL={NAME_LABEL}\n{read(NODES_FUNCTIONS)}{read(SCRIPT)}"


@dataclass(frozen=True, kw_only=True)
class Roll:
    """Hooks of the commands that restart engines: they empty a member before, and give it back afterwards.

    The hooks ask the machine whether its engine would restart at all. They run `roll.sh` on another manager that
    answers, or on the machine itself, if there is none. A machine that does not answer has its command's own error.
    """

    managers: Sequence[Machine]  # members of the swarm, the preferred one first

    def hooks(self, machine: Machine) -> pulumi.ResourceHookBinding:
        """Return the hooks of the command that restarts the engine of a member."""

        async def before(args: pulumi.ResourceHookArgs) -> None:
            await self._empty(machine, args)

        async def after(args: pulumi.ResourceHookArgs) -> None:
            await self._refill(machine, args)

        return pulumi.ResourceHookBinding(
            before_update=[pulumi.ResourceHook(f"{machine.name}-empty", before)],
            after_update=[pulumi.ResourceHook(f"{machine.name}-refill", after)],
        )

    async def _empty(self, machine: Machine, args: pulumi.ResourceHookArgs) -> None:
        if "restart" in await _check(machine, args):
            pulumi.log.info(f"{machine.name}: its engine restarts; what can run on other machines moves there first")
            await self._run(machine, "empty")

    async def _refill(self, machine: Machine, args: pulumi.ResourceHookArgs) -> None:
        """Refill the machine, also if an earlier update that failed has emptied it."""
        if "member" in await _check(machine, args):
            await self._run(machine, "refill")

    async def _run(self, machine: Machine, verb: str) -> None:
        """Run the script on a manager, and log what it says."""
        done = await self._on_manager(machine, script_for(machine.name), verb)
        if done.code != 0:
            raise RuntimeError(done.stderr.strip() or f"{machine.name}: {SCRIPT} {verb} ended with {done.code}")
        for line in done.stderr.splitlines():
            pulumi.log.warn(line)

    async def _on_manager(self, machine: Machine, script: str, verb: str) -> Done:
        silent = []
        for manager in sorted(self.managers, key=lambda manager: manager.name == machine.name):
            try:
                return await run_script(manager, script, verb)
            except UnreachableError as error:
                silent.append(str(error))
        raise RuntimeError(f"{machine.name}: no manager answers: {'; '.join(silent)}")


async def _check(machine: Machine, args: pulumi.ResourceHookArgs) -> list[str]:
    """Return what the script of an engine's command says of the machine: nothing if the machine does not answer."""
    script = await pulumi.Output.from_input((args.new_inputs or {})["stdin"]).future() or ""
    try:
        return (await run_script(machine, script, "check")).stdout.split()
    except UnreachableError:
        return []
