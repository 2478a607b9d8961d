"""The roll of a swarm: what restarts engines or machines is done one after the other, each empty meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi

from components.assets import read
from components.machines.machine import NAME_LABEL, Machine
from components.machines.shell import Done, UnreachableError, run_script
from components.swarm.swarm import NODES_FUNCTIONS, TASKS_FUNCTIONS

SCRIPT = "swarm/scripts/roll.sh"


def script_for(machine: str) -> str:
    """Return the script that empties and refills a machine, with its parameters."""
    parameters = f"export NODE={machine}\nexport NAME_LABEL={NAME_LABEL}\n"
    return parameters + "".join(read(path) for path in (NODES_FUNCTIONS, TASKS_FUNCTIONS, SCRIPT))


@dataclass(frozen=True, kw_only=True)
class Roll:
    """Empties members of the swarm before they restart, and refills them afterwards.

    It runs `roll.sh` on another manager that answers, or on the machine itself, if there is none. The hooks of the
    commands that restart engines ask the machine whether its engine would restart at all; one that does not answer has
    its command's own error.
    """

    managers: Sequence[Machine]  # members of the swarm, the preferred one first
    touched: set[str] = field(default_factory=set)  # members that this update has emptied, or may have to refill

    async def empty(self, machine: str, *, for_good: bool) -> None:
        """Let the tasks of a member run elsewhere before it is rebuilt.

        Without a manager that answers, none can be moved: the machines may all be stopped, and this update mends them.
        """
        pulumi.log.info(f"{machine}: is rebuilt; what can run on other machines moves there first")
        self.touched.add(machine)
        try:
            await self._run(machine, "leave" if for_good else "empty")
        except UnreachableError as error:
            pulumi.log.warn(f"{error}; it is rebuilt as it is")

    def refilled(self, machine: str, former: str | None, generation: pulumi.Output[str]) -> pulumi.Output[str]:
        """Return the generation of a member's engine once the member has tasks as before.

        That is due if this update has touched the member, or the last one ended before: `former` is the generation that
        the member had tasks with, or None if the state does not say. An error stops the update, as those of hooks after
        an update do not.
        """
        if pulumi.runtime.is_dry_run():
            return generation

        async def refill() -> str | None:
            known = await generation.future()
            if machine in self.touched or former != known:
                await self._told(machine, "refill")
            return known

        # With the dependencies of the generation.
        return pulumi.Output.all(generation, refill()).apply(lambda values: str(values[1]))

    def hooks(self, machine: Machine) -> pulumi.ResourceHookBinding:
        """Return the hook of the command that restarts the engine of a member."""

        async def before(args: pulumi.ResourceHookArgs) -> None:
            await self._empty(machine, args)

        return pulumi.ResourceHookBinding(before_update=[pulumi.ResourceHook(f"{machine.name}-empty", before)])

    async def _empty(self, machine: Machine, args: pulumi.ResourceHookArgs) -> None:
        self.touched.add(machine.name)  # also if its engine does not run, since an earlier update failed
        if "restart" in await _check(machine, args):
            pulumi.log.info(f"{machine.name}: its engine restarts; what can run on other machines moves there first")
            await self._told(machine.name, "empty")

    async def _told(self, machine: str, verb: str) -> None:
        try:
            await self._run(machine, verb)
        except UnreachableError as error:
            raise pulumi.RunError(str(error)) from error

    async def _run(self, machine: str, verb: str) -> None:
        """Run the script on a manager, and log what it says.

        Errors: `pulumi.RunError`, if the script fails; `UnreachableError`, if no manager answers.
        """
        done = await self._on_manager(machine, script_for(machine), verb)
        if done.code != 0:
            raise pulumi.RunError(done.stderr.strip() or f"{machine}: {SCRIPT} {verb} ended with {done.code}")
        for line in done.stderr.splitlines():
            pulumi.log.warn(line)

    async def _on_manager(self, machine: str, script: str, verb: str) -> Done:
        silent = []
        for manager in sorted(self.managers, key=lambda manager: manager.name == machine):
            try:
                return await run_script(manager, script, verb)
            except UnreachableError as error:
                silent.append(str(error))
        raise UnreachableError(f"{machine}: no manager answers: {'; '.join(silent)}")


async def _check(machine: Machine, args: pulumi.ResourceHookArgs) -> list[str]:
    """Return what the script of an engine's command says of the machine: nothing if the machine does not answer."""
    script = await pulumi.Output.from_input((args.new_inputs or {})["stdin"]).future() or ""
    try:
        return (await run_script(machine, script, "check")).stdout.split()
    except UnreachableError:
        return []
