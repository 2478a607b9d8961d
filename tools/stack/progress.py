"""Progress of an update, by phase: machines, engines, swarm and services."""

import re
import time
from collections import Counter
from collections.abc import Callable, Collection

from tools.console import say
from tools.pulumi_cli import without_credentials
from tools.stack.events import LAST_PHASE, PHASES, Event, Message, Outcome, message_of, step_of

ORDER = [*dict.fromkeys(PHASES.values()), LAST_PHASE]
DONE = {
    "create": "created",
    "update": "changed",
    "create-replacement": "replaced",
    "delete": "removed",
    "import": "imported",
    "import-replacement": "imported",
    "refresh": "refreshed",
}
PAUSE_S = 10  # between two lines of a phase
PATIENCE_S = 20  # after which a line names the running steps
# Part of components/firewall/confirmed_apply.py's message: the program connects again to confirm firewall rules.
ON_PURPOSE = "(this is not an error)"
# What Pulumi says after each error that something else has explained.
REPEATED = ("an unhandled error occurred: program exited with non-zero exit code", "update failed", "preview failed")
SCRIPT_WARNING = "warning: "  # begins a line of a script on a machine that people have to read also after a success
# Before what a failed script said, the released plugin names the command that ran it.
SCRIPT_END = re.compile(r'\AProcess exited with status [^:]*: running "(?:[^"\\]|\\.)*":\n(?=\S)', re.DOTALL)
# What the released plugin says of connections; the program says of a machine's first one what to do about it.
NO_CONNECTION = re.compile(r"^(?:Dial \d+/\w+ failed: retrying|after \d+ failed attempts: )")
RETRY = "due to on-error hook request"  # in Pulumi's warning of a retry that the program asks for, as of a trial
CANCELED = ("update canceled", "context canceled")  # ends what Pulumi and the steps that it breaks off say of Ctrl-C


class Progress:
    """Prints a line whenever a phase is done for now, and a line with the running steps if none ends for a while."""

    def __init__(
        self,
        *,
        removes: bool = False,
        clock: Callable[[], float] = time.monotonic,
        write: Callable[[str], None] = say,
    ):
        self._order = ORDER[::-1] if removes else ORDER
        self._clock, self._write = clock, write
        self._begin = self._last = clock()
        self._running: dict[str, tuple[str, float]] = {}  # URN -> phase, and since when
        self._done: dict[str, Counter[str]] = {phase: Counter() for phase in ORDER}
        self._told: dict[str, Counter[str]] = {phase: Counter() for phase in ORDER}
        self._when: dict[str, float] = {}  # phase -> time of its last line

    def see(self, event: Event) -> None:
        """Take note of an event."""
        if (step := step_of(event)) and step.is_resource and step.op in DONE:
            self._running[step.urn] = (step.phase, self._clock())
            for phase in self._order[: self._order.index(step.phase)]:
                self._tell(phase)
        elif (step := step_of(event, "resOutputsEvent")) and step.is_resource and step.op in DONE:
            self._running.pop(step.urn, None)
            self._done[step.phase][DONE[step.op]] += 1
        elif (step := step_of(event, "resOpFailedEvent")) and self._running.pop(step.urn, None):
            self._done[step.phase]["failed"] += 1

    def wait(self) -> None:
        """Print the running steps, if nothing was printed for a while."""
        now = self._clock()
        if now - self._last < PATIENCE_S or not self._running:
            return
        longest = sorted(self._running.items(), key=lambda item: item[1][1])
        names = [f"{urn.rpartition('::')[2]} ({now - since:.0f} s)" for urn, (_, since) in longest[:3]]
        more = f" and {len(longest) - 3} more" if len(longest) > 3 else ""
        self._line(f"waits for {', '.join(names)}{more}")

    def end(self) -> None:
        """Print the lines of phases that were not told yet."""
        for phase in self._order:
            self._running = {urn: item for urn, item in self._running.items() if item[0] != phase}
            self._tell(phase, at_once=True)

    @property
    def changes(self) -> int:
        """Number of steps that are done."""
        return sum(sum(counts.values()) for counts in self._done.values())

    def _tell(self, phase: str, *, at_once: bool = False) -> None:
        """Print the line of a phase in which nothing runs and something was done since its last line."""
        new = self._done[phase] - self._told[phase]
        if not at_once and self._clock() - self._when.get(phase, self._begin - PAUSE_S) < PAUSE_S:
            return
        if new and phase not in (running for running, _ in self._running.values()):
            self._told[phase], self._when[phase] = self._done[phase].copy(), self._clock()
            self._line(f"{phase:<9} {', '.join(f'{count} {word}' for word, count in new.items())}")

    def _line(self, text: str) -> None:
        self._last = self._clock()
        seconds = int(self._last - self._begin)
        self._write(f"{seconds // 60:3}:{seconds % 60:02}  {text}")


class Warnings:
    """Prints each warning of the runs of one command at once, since some say what to do now, and prints it once."""

    def __init__(self, write: Callable[[str], None] = say):
        self.told: set[Message] = set()
        self._write = write

    def see(self, event: Event) -> None:
        """Print the message of an event, if it is a warning that was not printed yet."""
        message = message_of(event)
        if message and _is_warning(message) and message not in self.told:
            self.told.add(message)
            self._write(without_credentials(_line(message)))


def report(outcome: Outcome, told: Collection[Message] = ()) -> list[str]:
    """Return the lines on errors and warnings of a run, without the messages that were told before.

    After a success, expected failures and what scripts say beside warnings are left out. After a failure, nothing is
    left out that explains it: if no event is an error, the lines are Pulumi's own output, unless Ctrl-C ended the run.
    """
    failed = outcome.code != 0
    shown = [row for row in outcome.messages if _counts(row, outcome, failed)]
    explained = [row for row in shown if not row[2].startswith(REPEATED)]
    errors = {row for row in explained if row[0] == "error"}
    explained = [row for row in explained if not any(_repeats(row, error) for error in errors)]
    lines = [_line(row) for row in (explained if errors else shown) if row not in told]
    if failed and not errors and not outcome.interrupted:
        lines = [outcome.output.strip(), *lines]
    lines.append(outcome.errors.strip())
    if outcome.code < 0:
        lines.append(
            f"error: Pulumi was killed by signal {-outcome.code}; run this again, and `pulumi cancel` if it is locked"
        )
    return [line for line in lines if line]


def _repeats(row: Message, error: Message) -> bool:
    """Return whether an error says what a script said meanwhile, or why a machine refuses connections."""
    _, name, text = row
    if row == error:
        return False
    if NO_CONNECTION.search(text):
        return bool(name) and name.startswith(f"{error[2].partition(': ')[0]}-")
    return name == error[1] and text.strip() in error[2]


def _is_warning(message: Message) -> bool:
    severity, _, text = message
    return (severity == "warning" and RETRY not in text) or (
        severity.startswith("info") and text.startswith(SCRIPT_WARNING)
    )


def _line(message: Message) -> str:
    """Return a message as people read it; those about the whole stack name no resource."""
    severity, name, text = message
    if severity.startswith("info") and _is_warning(message):
        return text  # the script names the machine
    if severity == "info":
        return f"{name}: {text}"
    about = f": {name}" if name and not name.startswith("nuvla-swarm-") else ""
    return f"{severity.removeprefix('info#')}{about}: {SCRIPT_END.sub('', text)}"


def _counts(row: Message, outcome: Outcome, failed: bool) -> bool:
    severity, name, text = row
    if _is_warning(row):
        return True
    if ON_PURPOSE in text and name not in outcome.failed:
        return False
    if outcome.interrupted:  # broken-off steps fail, and say how; what failed by itself stays
        return severity == "error" and not text.endswith(CANCELED) and not text.startswith(REPEATED)
    return severity == "error" or (failed and (severity == "info#err" or name in outcome.failed))
