"""`make up` and `make preview`: the plan, a question, the repair, the update, and the status."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tools import preview_environment, preview_without_state
from tools.console import ask, chosen, fail, is_terminal, say
from tools.pulumi_cli import advice, pulumi, without_credentials
from tools.stack import engine_use, events, next_steps, target
from tools.stack.events import Outcome, Step, step_of
from tools.stack.plan import Plan
from tools.stack.progress import Progress, Warnings, report
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target

NO_QUESTION = ("--yes", "--skip-preview", "--suppress-outputs")
GOALS = {"up": "up", "destroy": "down"}  # of make, by verb of Pulumi


def preview(found: Target) -> None:
    """Show the changes of an update, as a table and in words; with DIFF=1, every property too."""
    if not found.exists:
        say(f"{found.name} is not in {found.backend}: this is the preview of a new stack, and creates nothing")
        with tempfile.TemporaryDirectory(prefix="nuvla-swarm-preview-") as folder:
            raise SystemExit(preview_without_state.preview(found.name, Path(folder), diff=chosen("DIFF")))
    os.environ.update(preview_environment.lent(os.environ))
    options = ["--diff"] if chosen("DIFF") else []
    plan = _plan(found, Warnings(), *options, show=True)
    for line in plan.lines() if plan.is_empty else plan.named():  # Pulumi has just counted the resources
        say(line)
    if not found.file.is_local and (refusal := plan.refusal()):
        say(f"`make up` would refuse this without FORCE=1: {refusal}")


def up(found: Target) -> None:
    """Create or change the infrastructure, then show its status; after the first success, also the next steps."""
    warnings = Warnings()
    if not found.file.is_local:
        require_answer()
    with target.created(found):
        if not found.file.is_local:
            _look(found)
            confirm(found, _plan(found, warnings))
    apply(found, warnings)


def apply(found: Target, warnings: Warnings | None = None, replaced: Sequence[str] = ()) -> None:
    """Repair and update the infrastructure, then show its status; `replaced` are URNs to replace in any case.

    Errors: exits with 1 if the update fails.
    """
    told = warnings or Warnings()
    if not _update(found, told, replaced):
        from tools.repair.__main__ import is_missing  # noqa: PLC0415 - loads Pulumi, for a second

        if not is_missing(found.stack):
            raise SystemExit(1)
        say(f"{found.name}: recreates what the state has and the swarm lacks")
        if not _update(found, told):
            raise SystemExit(1)
    from tools import status  # noqa: PLC0415

    status.show(replace(found, exists=True))
    for line in next_steps.due(found.file, found.stack):
        say(line)


def require_answer() -> None:
    """Exit with a line if nobody could answer the question that comes before a change."""
    if not is_terminal() and not chosen("YES"):
        fail("this is no terminal, so nothing is changed: read the output of `make preview`, then add YES=1")


def confirm(found: Target, plan: Plan) -> None:
    """Print the plan and ask whether to apply it; refuse one that loses the swarm or all access, unless FORCE=1."""
    for line in plan.lines():
        say(line)
    refusal = plan.refusal() or locked_out(found.file)
    if refusal and not chosen("FORCE"):
        fail(f"{found.name}: {refusal}. To do it all the same: FORCE=1")
    if not plan.is_empty:
        ask("Apply? [y/N]", "y", "nothing is changed")


def locked_out(file: SettingsFile) -> str | None:
    """Return a line if the firewall would let in no operator but an example's, and so not this computer."""
    from stacks.config.warnings import is_placeholder  # noqa: PLC0415 - loads Pulumi, for a second

    networks = [str(network) for network in file.section("firewall").get("management") or []]
    if not networks or file.section("machines").get("firewall") is False or not all(map(is_placeholder, networks)):
        return None
    return (
        f"firewall.management has only {', '.join(networks)}, which is of an example: the firewall would lock this "
        "computer out. Set its own address or network; `curl -4 https://api.ipify.org` prints a public one"
    )


def _plan(found: Target, warnings: Warnings, *options: str, show: bool = False) -> Plan:
    steps: list[Step] = []

    def see(event: events.Event) -> None:
        if step := step_of(event):
            steps.append(step)
        if not show:  # or Pulumi shows them itself
            warnings.see(event)

    outcome = events.run(["preview", "--stack", found.stack, *options], see, lambda: None, show=show)
    if outcome.code != 0:
        _print(found, outcome, warnings, shown=show)
        raise SystemExit(outcome.code)
    return Plan(steps)


def _look(found: Target) -> None:
    if found.exists:
        from tools.repair import silent  # noqa: PLC0415 - loads Pulumi, for a second

        silent.look(found.stack)


def _update(found: Target, warnings: Warnings, replaced: Sequence[str] = ()) -> bool:
    """Repair and update the infrastructure; return whether the update succeeded."""
    from tools.repair.__main__ import repair  # noqa: PLC0415 - loads Pulumi, for a second

    options = [f"--replace={urn}" for urn in sorted({*replaced, *repair("up", found.stack)})]
    return run(found, "up", *NO_QUESTION, *options, warnings=warnings).code == 0


def run(found: Target, verb: str, *options: str, warnings: Warnings | None = None) -> Outcome:
    """Run an update or a removal, with a line for each phase; with VERBOSE=1, with Pulumi's own output.

    `warnings` has those of an earlier run. Errors: exits if a signal ended the run, such as that of Ctrl-C.
    """
    progress, show = Progress(removes=verb == "destroy"), chosen("VERBOSE")
    told = warnings or Warnings()

    def see(event: events.Event) -> None:
        progress.see(event)
        if not show:  # or Pulumi shows them itself
            told.see(event)

    arguments = [verb, "--stack", found.stack, *options]
    with engine_use.used(is_local=found.file.is_local):
        outcome = events.run(arguments, see, progress.wait, show=show, on_interrupt=_tell_interrupt)
    progress.end()
    _print(found, outcome, told, shown=show)
    if outcome.interrupted:
        say(f"stopped; run `make {GOALS[verb]} STACK={found.name}` again: it continues where it stopped")
        events.stopped(outcome)
    if outcome.code == 0 and not progress.changes and verb == "up":
        say("nothing changed")
    return outcome


def _tell_interrupt() -> None:
    say("finishes the running steps; press Ctrl-C again to stop at once")


def _print(found: Target, outcome: Outcome, warnings: Warnings, *, shown: bool) -> None:
    """Print errors and warnings, and what to do about an error of Pulumi itself."""
    lines = [outcome.errors.strip()] if shown else report(outcome, warnings.told)
    for line in filter(None, lines):
        say(without_credentials(line))
    if outcome.code != 0 and (text := advice("\n".join(lines), found.name)):
        say(text)


def refresh(found: Target) -> None:
    """Write the present infrastructure into the state."""
    from tools.repair.__main__ import repair  # noqa: PLC0415 - loads Pulumi, for a second

    target.require(found)
    repair("refresh", found.stack)
    options = ("--yes", "--skip-preview", "--clear-pending-creates", "--suppress-outputs")
    pulumi("refresh", "--stack", found.stack, *options, shown=True)
