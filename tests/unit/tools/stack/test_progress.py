"""tools/stack/progress.py: the lines that an operator sees of an update."""

import signal
from collections.abc import Iterable

from components.firewall.confirmed_apply import UNCONFIRMED_MESSAGE
from tests.support.events import after, before, failed, message
from tests.support.rows import rows
from tools.stack.events import Event, Outcome, note
from tools.stack.progress import Progress, Warnings, report

TRIAL = f"manager-1: {UNCONFIRMED_MESSAGE} for 60 s"


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def lines(events: Iterable[Event], *, removes: bool = False) -> list[str]:
    """Return the lines without their times."""
    written: list[str] = []
    progress = Progress(removes=removes, clock=Clock(), write=written.append)
    for event in events:
        progress.see(event)
    progress.end()
    return [" ".join(line.split()[1:]) for line in written]


def both(op: str, kind: str, name: str) -> list[Event]:
    return [before(op, kind, name), after(op, kind, name)]


def test_each_phase_is_told_with_its_counts() -> None:
    events = [
        *both("create", "instance", "manager-1"),
        *both("create", "instance", "worker-1"),
        *both("update", "firewall", "firewall-manager-1"),
        *both("create", "engine", "manager-1-engine-install"),
        *both("create", "join", "manager-1-membership-join"),
        *both("create", "membership", "manager-1-membership"),  # a component is no resource
        *both("create-replacement", "service", "traefik-service"),
        *both("same", "service", "s3-service"),
    ]
    assert lines(events) == [
        "machines 2 created, 1 changed",
        "engines 1 created",
        "swarm 1 created",
        "services 1 replaced",
    ]


def test_removal_is_told_from_the_services_to_the_machines() -> None:
    events = [*both("delete", "instance", "worker-1"), *both("delete", "service", "s3-service")]
    assert lines(events, removes=True) == ["services 1 removed", "machines 1 removed"]


def test_update_without_changes_has_no_line() -> None:
    assert lines([*both("same", "service", "s3-service"), {"summaryEvent": {}}, {"nonsense": 1}, {}]) == []


def test_long_wait_is_told_with_the_names_and_seconds() -> None:
    written: list[str] = []
    clock = Clock()
    progress = Progress(clock=clock, write=written.append)
    for number in range(1, 6):
        clock.now = number
        progress.see(before("create", "wait", f"service-{number}-converged"))
    progress.wait()
    assert written == []
    clock.now = 31
    progress.wait()
    progress.wait()
    [line] = written
    assert "waits for service-1-converged (30 s), service-2-converged (29 s)" in line
    assert line.endswith("and 2 more")


def test_failed_step_is_counted_as_failed() -> None:
    assert lines([before("create", "instance", "worker-1"), failed("create", "instance", "worker-1")]) == [
        "machines 1 failed"
    ]


def outcome(code: int, *events: Event, output: str = "", errors: str = "") -> Outcome:
    found = Outcome(code=code, output=output, errors=errors)
    for event in events:
        note(event, found)
    return found


def test_failure_on_purpose_is_no_error() -> None:
    trial = message("error", TRIAL, "firewall", "firewall-manager-1")
    assert report(outcome(0, trial)) == []
    assert report(outcome(1, trial, message("error", "no", "instance", "worker-1"))) == ["error: worker-1: no"]
    lost = outcome(1, trial, failed("update", "firewall", "firewall-manager-1"))
    assert report(lost) == [f"error: firewall-manager-1: {TRIAL}"]


def test_success_shows_warnings_and_no_messages_of_scripts() -> None:
    found = outcome(0, message("info", "installing", "engine", "a-engine-install"), message("warning", "careful"))
    assert report(found) == ["warning: careful"]


def test_failure_shows_each_error_once_and_what_the_failed_script_said() -> None:
    error = message("error", "exit status 1", "engine", "a-engine-install")
    events = [
        error,
        error,
        message("info", "a: no package docker-ce", "engine", "a-engine-install"),
        message("info", "b: fine", "engine", "b-engine-install"),
        message("debug", "never"),
        failed("create", "engine", "a-engine-install"),
    ]
    assert report(outcome(1, *events)) == [
        "error: a-engine-install: exit status 1",
        "a-engine-install: a: no package docker-ce",
    ]


@rows("output, errors", [("what Pulumi printed\n", "error: and why\n"), ("", "panic"), ("all it said", "")])
def test_failure_without_an_event_shows_what_pulumi_printed(output: str, errors: str) -> None:
    lost = outcome(2, message("warning", "careful"), output=output, errors=errors)
    assert report(lost) == [line for line in (output.strip(), "warning: careful", errors.strip()) if line]


def test_warning_is_printed_at_once_and_once() -> None:
    written: list[str] = []
    warnings = Warnings(written.append)
    silent = message("warning", "worker-1: no SSH server answers")
    quiet = [message("debug", "never"), message("error", "no"), message("info", "installing"), {"summaryEvent": {}}]
    for event in [*quiet, silent, silent, message("warning", "careful", "instance", "worker-1")]:
        warnings.see(event)
    assert written == ["warning: worker-1: no SSH server answers", "warning: worker-1: careful"]
    assert report(outcome(0, silent, message("warning", "late")), warnings.told) == ["warning: late"]
    assert report(outcome(1, silent, message("error", "no")), warnings.told) == ["error: no"]


def test_retry_that_the_program_asks_for_is_no_warning() -> None:
    text = "retrying create due to on-error hook request (1/100)"
    retry = message("warning", text, "firewall", "firewall-worker-1")
    written: list[str] = []
    Warnings(written.append).see(retry)
    assert written == report(outcome(0, retry)) == []


def test_warning_of_a_script_is_one() -> None:
    text = "warning: a.example.org: has no certificate yet"
    said = message("info", text, "wait", "traefik-certificates-issued")
    written: list[str] = []
    Warnings(written.append).see(said)
    assert written == report(outcome(0, said)) == [text]


def test_error_that_pulumi_repeats_is_told_once() -> None:
    unhandled = message("error", "an unhandled error occurred: program exited with non-zero exit code: 1")
    ended = message("error", "update failed")
    assert report(outcome(1, message("error", "no"), unhandled, ended)) == ["error: no"]
    alone = report(outcome(1, unhandled, output="what Pulumi printed"))
    assert alone[0] == "what Pulumi printed"
    assert alone[1].startswith("error: an unhandled error occurred")


def test_error_of_a_script_is_told_once_without_the_command_that_ran_it() -> None:
    reason = "worker-1: has no package docker-ce of version 28.9.9"
    run = f'Process exited with status 1: running "sh -c \\"sudo -n\\\nbash -s\\"":\nworker-1: installs\n{reason}'
    said = [message("info#err", text, "engine", "worker-1-engine-install") for text in ("worker-1: installs", reason)]
    other = message("info#err", "worker-2: installs", "engine", "worker-2-engine-install")
    silent = message("error", 'Process exited with status 9: running "true":\n', "engine", "worker-3-engine-install")
    found = outcome(1, *said, other, message("error", run, "engine", "worker-1-engine-install"), silent)
    assert report(found) == [
        "err: worker-2-engine-install: worker-2: installs",
        f"error: worker-1-engine-install: worker-1: installs\n{reason}",
        'error: worker-3-engine-install: Process exited with status 9: running "true":',
    ]


def test_machine_that_refuses_connections_is_told_once() -> None:
    hint = message("error", "worker-1: no SSH server answers at 192.0.2.12:22: is it on?")
    dial = message("info#err", "Dial 1/2 failed: retrying", "engine", "worker-1-check")
    failure = message("error", "after 2 failed attempts: dial tcp 192.0.2.12:22: no route", "engine", "worker-1-check")
    later = message("error", "after 9 failed attempts: dial tcp 192.0.2.13:22: no route", "engine", "worker-10-check")
    assert report(outcome(1, dial, failure, hint, later)) == [
        "error: worker-1: no SSH server answers at 192.0.2.12:22: is it on?",
        "error: worker-10-check: after 9 failed attempts: dial tcp 192.0.2.13:22: no route",
    ]


def test_interrupt_is_no_error() -> None:
    canceled = [message("error", "context canceled", "engine", "a-engine-install"), message("error", "update canceled")]
    found = outcome(1, *canceled, message("warning", "careful"), output="what Pulumi printed")
    found.signal = signal.SIGINT
    assert report(found) == ["warning: careful"]


def test_interrupt_leaves_only_what_failed_by_itself() -> None:
    said = [
        message("info#err", "Dial 1/inf failed: retrying", "wait", "a-ready"),
        message("error", "connection refused", "wait", "a-ready"),
        message("error", "update failed"),
    ]
    found = outcome(1, *said, output="what Pulumi printed")
    found.signal = signal.SIGINT
    assert report(found) == ["error: a-ready: connection refused"]


def test_error_beside_the_events_is_shown_also_after_a_success() -> None:
    assert report(outcome(0, errors="warning: a new version is out\n")) == ["warning: a new version is out"]


def test_pulumi_that_was_killed_is_told() -> None:
    assert report(Outcome(code=-9)) == [
        "error: Pulumi was killed by signal 9; run this again, and `pulumi cancel` if it is locked"
    ]
