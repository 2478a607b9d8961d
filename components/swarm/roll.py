"""The roll of a swarm: what restarts engines or machines is done one after the other, each empty meanwhile."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pulumi

from components.assets import script_text
from components.machines.machine import NAME_LABEL, Machine
from components.machines.shell import BOOT_S, Done, LostError, UnreachableError, run_script, run_until
from components.swarm.swarm import NODES_FUNCTIONS, TASKS_FUNCTIONS

SCRIPT = "swarm/scripts/roll.sh"
BUSY_S = 30  # that one may take that has much to do; its commands connect again and again, too


def script_for(machine: str) -> str:
    """Return the script that empties and refills a machine, with its parameters."""
    values = {"NODE": machine, "NAME_LABEL": NAME_LABEL}
    return script_text(SCRIPT, values, libraries=[NODES_FUNCTIONS, TASKS_FUNCTIONS])


@dataclass(frozen=True, kw_only=True)
class Roll:
    """Empties members of the swarm before they restart, and refills them afterwards.

    It runs `roll.sh` on another manager that answers, or on the machine itself, if there is none. The hooks of the
    commands that restart engines ask the machine whether its engine would restart at all. One that does not answer has
    its command's own error, and is emptied before: it may answer to the command. Those of upgrades wait for a machine
    that boots, as their commands do.
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
        """Return the generation of a member's engine once the member has tasks as before, which each Traefik reaches.

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
                await asyncio.gather(*map(self._reached, self.managers))
            return known

        # With the dependencies of the generation.
        return pulumi.Output.all(generation, refill()).apply(lambda values: str(values[1]))

    async def _reached(self, manager: Machine) -> None:
        """Wait until the Traefik of a manager connects to all tasks; that of one that does not answer is away."""
        with suppress(UnreachableError):
            done = await _run_to_its_end(manager, script_for(manager.name), "reach")
            _heard(done, f"{manager.name}: {SCRIPT} reach")

    def hooks(self, machine: Machine) -> pulumi.ResourceHookBinding:
        """Return the hook of the command that restarts the engine of a member."""
        return pulumi.ResourceHookBinding(before_update=[self._hook(machine, "empty", "its engine restarts")])

    def upgrade_hooks(self, machine: Machine) -> pulumi.ResourceHookBinding:
        """Return the hook of the command that upgrades the packages of a machine, a member or not yet."""
        reason = "its packages are upgraded"
        return pulumi.ResourceHookBinding(
            before_create=[self._hook(machine, "upgrade", reason, may_boot=True)],
            before_update=[self._hook(machine, "upgrade-again", reason, "recheck", may_boot=True)],
        )

    def _hook(
        self, machine: Machine, name: str, reason: str, check: str = "check", *, may_boot: bool = False
    ) -> pulumi.ResourceHook:
        async def before(args: pulumi.ResourceHookArgs) -> None:
            self.touched.add(machine.name)  # also if its engine does not run, since an earlier update failed
            try:
                checked = await _check(machine, check, args, BOOT_S if may_boot else BUSY_S)
            except UnreachableError as error:
                if may_boot:
                    raise pulumi.RunError(str(error)) from error
                with suppress(UnreachableError):  # nor does a manager
                    await self._run(machine.name, "empty")
                return
            if "restart" in checked:
                pulumi.log.info(f"{machine.name}: {reason}; what can run on other machines moves there first")
                await self._told(machine.name, "empty")

        return pulumi.ResourceHook(f"{machine.name}-{name}", before)

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
        _heard(done, f"{machine}: {SCRIPT} {verb}")

    async def _on_manager(self, machine: str, script: str, verb: str) -> Done:
        silent = []
        for manager in sorted(self.managers, key=lambda manager: manager.name == machine):
            try:
                return await _run_to_its_end(manager, script, verb)
            except UnreachableError as error:
                silent.append(str(error))
        raise UnreachableError(f"{machine}: no manager answers: {'; '.join(silent)}")


def _heard(done: Done, what: str) -> None:
    """Log what a script says, or raise it as an error if the script failed."""
    done.require_success(what)
    for line in done.stderr.splitlines():
        pulumi.log.warn(line)


async def _run_to_its_end(manager: Machine, script: str, verb: str) -> Done:
    """Run a script on a manager, again if the connection was lost: it may go on there, and the next one waits for it.

    On another manager nobody would wait for it, and both would move the same tasks.
    """
    try:
        return await run_script(manager, script, verb)
    except LostError:
        return await run_script(manager, script, verb)


async def _check(machine: Machine, verb: str, args: pulumi.ResourceHookArgs, patience_s: float) -> list[str]:
    """Return what the script of a command says of the machine.

    Errors: `pulumi.RunError`, if the script fails; `UnreachableError`, if the machine does not answer by then.
    """
    script = await pulumi.Output.from_input((args.new_inputs or {})["stdin"]).future() or ""
    done = await run_until(machine, script, verb, lambda _: True, patience_s)
    done.require_success(f"{machine.name}: its script")
    return done.stdout.split()
