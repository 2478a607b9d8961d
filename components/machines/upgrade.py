"""The upgrade of a machine's packages."""

from collections.abc import Collection
from dataclasses import dataclass

import pulumi

from components.assets import script_text
from components.machines.machine import APT_FUNCTIONS, Machine
from components.machines.shell import BOOT_S, Done, UnreachableError, run_until

SCRIPT = "machines/scripts/upgrade.sh"
UPGRADE_TIMEOUT = "30m"


@dataclass(frozen=True, kw_only=True)
class UpgradeArgs:
    """The machine, and what comes before its upgrade."""

    machine: Machine
    day: str  # YYYY-MM-DD, of the settings; with another one, the machine is upgraded again
    after: list[pulumi.Output[pulumi.Resource]]  # the machine before has its tasks again
    hooks: pulumi.ResourceHookBinding  # of the upgrade: they empty the machine
    touched: Collection[str]  # names of the machines whose hooks this update has run


class Upgrade(pulumi.ComponentResource):
    """All packages of the system of a machine, as new as they were on a day, but the engine's and those that are held.

    The machine starts anew if that needs it. Nothing is undone when the component is destroyed.
    Outputs: ``day`` (str). The attribute ``start`` says which start of the machine the upgrade ended with, and is known
    when the machine is back.
    Errors: the update fails if apt does, or if the machine is not back ten minutes after the upgrade.
    """

    start: pulumi.Output[str]

    def __init__(self, name: str, args: UpgradeArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("nuvla:machines:Upgrade", name, {"day": args.day}, opts)
        machine = args.machine
        self.command = machine.command(
            f"{name}-run",
            SCRIPT,
            _parameters(args),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=args.after,
                hooks=args.hooks,
                custom_timeouts=pulumi.CustomTimeouts(create=UPGRADE_TIMEOUT, update=UPGRADE_TIMEOUT),
            ),
            create="run",
            update="rerun",
            libraries=[APT_FUNCTIONS],
            triggers=[machine.system_generation],
            dial_error_limit=-1,
        )

        async def started(printed: str) -> str:
            words = printed.split()
            if "restarts" in words and machine.name in args.touched:
                await _await_start(args, words[1])
            return printed

        self.start = self.command.stdout.apply(started)
        self.register_outputs({"day": args.day})

    def ended(self) -> pulumi.Output[pulumi.Resource]:
        """Return the command of the upgrade, known when the machine is back."""

        async def last() -> pulumi.Resource:
            await self.start.future()
            return self.command

        return pulumi.Output.from_input(last())


def _parameters(args: UpgradeArgs) -> dict[str, str]:
    return {"MACHINE": args.machine.name, "DAY": args.day}


async def _await_start(args: UpgradeArgs, former: str) -> None:
    """Wait until the machine has started anew.

    Errors: `pulumi.RunError`, if it does not answer in time.
    """
    machine = args.machine
    pulumi.log.info(f"{machine.name}: restarts, as its new packages need it")
    script = script_text(SCRIPT, _parameters(args), libraries=[APT_FUNCTIONS])

    def is_back(done: Done) -> bool:
        return done.code == 0 and done.stdout.strip() != former

    try:
        done = await run_until(machine, script, "start", is_back, BOOT_S)
    except UnreachableError as error:
        told = str(error)
    else:
        if is_back(done):
            return
        told = done.stderr.strip() or "it has not begun to restart"
    raise pulumi.RunError(
        f"{machine.name}: is not back {BOOT_S} s after its packages were upgraded ({told}); "
        "look at its console, and run `make up` again when it answers"
    )
