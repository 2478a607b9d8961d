"""tools/stack/update.py: what `make up`, `preview` and `refresh` run, ask and show."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.events import before, message
from tests.support.rows import rows
from tools import status
from tools.repair import __main__ as repairs
from tools.repair import silent
from tools.stack import engine_use, events, next_steps, target, update
from tools.stack.backend import Backend
from tools.stack.events import Event, Outcome
from tools.stack.settings_file import SettingsFile
from tools.stack.target import Target

URN = "urn:pulumi:s::nuvla-swarm::nuvla:service:ServiceStack$command:remote:Command::s3-converged"
UP = ["up", "--stack", "s", "--yes", "--skip-preview", "--suppress-outputs"]
CHANGE = before("update", "service", "traefik-service")


def stack(provider: str, *, exists: bool = True) -> Target:
    document = {"config": {"nuvla-swarm:kind": "target", "nuvla-swarm:machines": {"provider": provider}}}
    return Target(SettingsFile(Path("Pulumi.s.yaml"), document), Backend("s", "s3://state", "exported"), exists)


class Calls:
    """Records what is run; each update ends with the next of `codes`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.made: list[Any] = []
        self.looked: list[int] = []  # how much had been made when somebody looked for silent machines
        self.codes: list[int] = []
        self.again: list[str] = []
        self.missing = False
        self.steps: list[str] = []
        self.preview: list[Event] = [CHANGE]
        self.update: list[Event] = []
        self.interrupted = False
        for variable in ("YES", "FORCE", "DIFF", "VERBOSE"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(events, "run", self._run)
        monkeypatch.setattr(repairs, "repair", self._repair)
        monkeypatch.setattr(repairs, "is_missing", lambda _: self.missing)
        monkeypatch.setattr(silent, "look", lambda _: self.looked.append(len(self.made)))
        monkeypatch.setattr(status, "show", lambda found, *_: self.made.append(f"status {found.exists}"))
        monkeypatch.setattr(target, "create", lambda _: self.made.append("create"))
        monkeypatch.setattr(target, "_remove_empty", lambda _: self.made.append("remove"))
        monkeypatch.setattr(next_steps, "due", lambda *_: self.steps)

    def _run(
        self, arguments: Sequence[str], on_event: Any, _on_wait: Any, *, show: bool, on_interrupt: Any = None
    ) -> Outcome:
        self.made.append([*arguments, *(["shown"] if show else [])])
        if arguments[0] == "preview":
            return self._ended(self.preview, on_event, 0)
        if self.interrupted:
            on_interrupt()
        return self._ended(self.update, on_event, self.codes.pop(0) if self.codes else 0)

    def _ended(self, happened: list[Event], on_event: Any, code: int) -> Outcome:
        outcome = Outcome(code=code, signal=signal.SIGINT if self.interrupted else 0)
        for event in happened:
            on_event(event)
            events.note(event, outcome)
        return outcome

    def _repair(self, verb: str, _stack: str) -> list[str]:
        self.made.append(f"repair {verb}")
        return self.again


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


def test_update_of_local_machines_asks_nothing_and_repairs_first(calls: Calls) -> None:
    update.up(stack("local"))
    assert calls.made == ["repair up", UP, "status True"]


def test_plan_is_made_for_the_machines_that_answer(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YES", "1")
    update.up(stack("exoscale"))
    assert (calls.looked, calls.made[0][0]) == ([0], "preview")
    for other in (stack("exoscale", exists=False), stack("local")):
        update.up(other)
    assert len(calls.looked) == 1


def test_resources_that_an_operator_names_are_replaced_too(calls: Calls) -> None:
    calls.again = [URN]
    update.apply(stack("local"), replaced=[f"{URN}-2"])
    assert [*UP, f"--replace={URN}", f"--replace={URN}-2"] in calls.made


def test_resources_that_the_repair_names_are_replaced(calls: Calls) -> None:
    calls.again = [URN]
    update.up(stack("local"))
    assert [*UP, f"--replace={URN}"] in calls.made


@rows(
    "codes, missing, updates, code",
    [([1, 0], True, 2, None), ([1, 0], False, 1, 1), ([1, 1], True, 2, 1), ([0], True, 1, None)],
)
def test_failed_update_is_repeated_once_if_a_new_swarm_lacks_resources(
    monkeypatch: pytest.MonkeyPatch, codes: list[int], missing: bool, updates: int, code: int | None
) -> None:
    calls = Calls(monkeypatch)
    calls.codes, calls.missing = [*codes], missing
    try:
        update.up(stack("local"))
        ended = None
    except SystemExit as end:
        ended = end.code
    assert ended == code
    assert calls.made.count(UP) == calls.made.count("repair up") == updates
    assert ("status True" in calls.made) == (code is None)


def test_update_elsewhere_without_a_terminal_is_refused_before_anything(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "is_terminal", lambda: False)
    for exists in (True, False):
        with pytest.raises(
            SystemExit, match="so nothing is changed: read the output of `make preview`, then add YES=1"
        ):
            update.up(stack("exoscale", exists=exists))
    assert calls.made == []


def test_update_elsewhere_shows_the_plan_and_asks(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(update, "is_terminal", lambda: True)
    asked: list[str] = []
    monkeypatch.setattr(update, "ask", lambda question, *_: asked.append(question))
    update.up(stack("existing"))
    assert calls.made == [["preview", "--stack", "s"], "repair up", UP, "status True"]
    assert asked == ["Apply? [y/N]"]
    assert "services to update: traefik" in capsys.readouterr().err


@rows(
    "management, machines, text",
    [
        (["192.0.2.0/24"], {}, "firewall.management has only 192.0.2.0/24, which is of an example"),
        (["203.0.113.0/24", "198.51.100.7/32"], {}, "has only 203.0.113.0/24, 198.51.100.7/32, which"),
        (["192.0.2.0/24", "10.1.0.0/16"], {}, None),
        (["192.0.2.0/24"], {"firewall": False}, None),
        ([], {}, None),
    ],
)
def test_firewall_that_lets_in_only_an_example_is_refused_before_the_question(
    management: list[str], machines: dict[str, Any], text: str | None
) -> None:
    config = {"nuvla-swarm:firewall": {"management": management}, "nuvla-swarm:machines": machines}
    found = update.locked_out(SettingsFile(Path("Pulumi.s.yaml"), {"config": config}))
    assert (found is None) == (text is None)
    assert (text or "") in (found or "")


def test_refused_plan_asks_nothing(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "is_terminal", lambda: True)
    monkeypatch.setattr(update, "locked_out", lambda _: "no")
    with pytest.raises(SystemExit, match=r"s: no. To do it all the same: FORCE=1"):
        update.up(stack("existing"))
    assert UP not in calls.made


def test_update_elsewhere_that_changes_nothing_asks_nothing(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "is_terminal", lambda: True)
    calls.preview = []
    update.up(stack("existing"))
    assert calls.made == [["preview", "--stack", "s"], "repair up", UP, "status True"]


def test_loss_of_the_swarm_is_refused_without_force_also_in_a_pipeline(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YES", "1")
    inputs = {"role": "manager"}
    calls.preview = [
        before("same", "membership", "manager-1-membership", inputs=inputs),
        before("replace", "instance", "manager-1"),
    ]
    with pytest.raises(SystemExit, match=r"s: manager-1 would be replaced, and is the only manager.*FORCE=1"):
        update.up(stack("exoscale"))
    assert UP not in calls.made
    monkeypatch.setenv("FORCE", "1")
    update.up(stack("exoscale"))
    assert UP in calls.made


def test_first_update_makes_the_stack_and_ends_with_the_steps_that_are_due(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YES", "1")
    calls.steps = ["next steps:"]
    update.up(stack("exoscale", exists=False))
    assert calls.made == ["create", ["preview", "--stack", "s"], "repair up", UP, "status True"]
    assert "nuvla-swarm: next steps:" in capsys.readouterr().err


def test_warnings_are_printed_before_the_question_and_not_again(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    placeholder, late = message("warning", "placeholders of an example"), message("warning", "no SSH server answers")
    calls.preview, calls.update = [placeholder, CHANGE], [placeholder, late]
    asked: list[str] = []
    monkeypatch.setattr(update, "is_terminal", lambda: True)
    monkeypatch.setattr(update, "ask", lambda *_: asked.append(capsys.readouterr().err))
    update.up(stack("existing"))
    [before_question] = asked
    assert before_question.count("warning: placeholders of an example") == 1
    after = capsys.readouterr().err
    assert "placeholders" not in after
    assert after.count("warning: no SSH server answers") == 1


@rows("verb, goal", [("up", "up"), ("destroy", "down")])
def test_interrupted_command_says_how_it_ends_and_continues(
    verb: str, goal: str, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    calls.interrupted, calls.codes = True, [1]
    calls.update = [message("error", "update canceled")]
    with pytest.raises(SystemExit) as ended:
        update.run(stack("existing"), verb)
    assert ended.value.code == 130
    assert capsys.readouterr().err.splitlines() == [
        "nuvla-swarm: finishes the running steps; press Ctrl-C again to stop at once",
        f"nuvla-swarm: stopped; run `make {goal} STACK=s` again: it continues where it stopped",
    ]


def test_engine_is_in_use_while_local_machines_are_made(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    @contextmanager
    def used(*, is_local: bool) -> Iterator[None]:
        calls.made.append(f"uses the engine: {is_local}")
        yield
        held.append(calls.made[-1] == UP)

    monkeypatch.setattr(engine_use, "used", used)
    update.up(stack("local"))
    assert calls.made == ["repair up", "uses the engine: True", UP, "status True"]
    assert held == [True]


def test_interrupted_update_is_neither_repeated_nor_shown(calls: Calls) -> None:
    calls.interrupted, calls.codes, calls.missing = True, [1], True
    with pytest.raises(SystemExit):
        update.up(stack("local"))
    assert calls.made == ["repair up", UP]


def test_only_an_update_says_that_nothing_changed(calls: Calls, capsys: pytest.CaptureFixture[str]) -> None:
    update.run(stack("existing"), "up")
    assert "nothing changed" in capsys.readouterr().err
    update.run(stack("existing"), "destroy")
    assert capsys.readouterr().err == ""


def test_preview_repairs_nothing_and_shows_a_table_and_words(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXOSCALE_API_KEY", "x")
    update.preview(stack("exoscale"))
    monkeypatch.setenv("DIFF", "1")
    update.preview(stack("exoscale"))
    assert calls.made == [["preview", "--stack", "s", "shown"], ["preview", "--stack", "s", "--diff", "shown"]]
    assert "services to update: traefik" in capsys.readouterr().err


def test_preview_says_what_make_up_would_refuse_of_a_stack_that_make_up_asks_about(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.stack.plan.Plan.refusal", lambda _: "the swarm would be lost")
    for provider, is_said in (("exoscale", True), ("local", False)):
        update.preview(stack(provider))
        assert ("would refuse this without FORCE=1: the swarm" in capsys.readouterr().err) is is_said
    assert len(calls.made) == 2


def test_preview_of_a_stack_that_is_not_there_makes_none(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    previewed: list[Any] = []

    def preview(source: str, folder: Path, *, diff: bool) -> int:
        previewed.append((source, diff))
        assert folder.is_dir()
        return 0

    monkeypatch.setattr("tools.preview_without_state.preview", preview)
    with pytest.raises(SystemExit) as ended:
        update.preview(stack("exoscale", exists=False))
    assert ended.value.code == 0
    assert previewed == [("s", False)]
    assert calls.made == []


def test_failed_preview_ends_the_update_and_a_new_stack_goes(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YES", "1")
    monkeypatch.setattr(events, "run", lambda *_, **__: Outcome(code=255, errors="error: no\n"))
    for exists, made in ((True, []), (False, ["create", "remove"])):
        with pytest.raises(SystemExit) as ended:
            update.up(stack("exoscale", exists=exists))
        assert (ended.value.code, calls.made) == (255, made)


def test_refresh_asks_the_api_manager_first(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "pulumi", lambda *arguments, shown: calls.made.append((*arguments, shown)))
    update.refresh(stack("exoscale"))
    assert calls.made[0] == "repair refresh"
    assert calls.made[1][:3] == ("refresh", "--stack", "s")
    assert "--clear-pending-creates" in calls.made[1]
    with pytest.raises(SystemExit, match="is not up in s3://state"):
        update.refresh(stack("exoscale", exists=False))
