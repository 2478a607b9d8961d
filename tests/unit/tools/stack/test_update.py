"""tools/stack/update.py: what `make up`, `preview` and `refresh` run, ask and show."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.events import before
from tests.support.rows import rows
from tools import status
from tools.repair import __main__ as repairs
from tools.stack import events, target, update
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
        self.codes: list[int] = []
        self.again: list[str] = []
        self.missing = False
        self.preview: list[Event] = [CHANGE]
        for variable in ("YES", "FORCE", "DIFF", "VERBOSE"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(events, "run", self._run)
        monkeypatch.setattr(repairs, "repair", self._repair)
        monkeypatch.setattr(repairs, "is_missing", lambda _: self.missing)
        monkeypatch.setattr(status, "show", lambda found, *_: self.made.append(f"status {found.exists}"))
        monkeypatch.setattr(target, "create", lambda _: self.made.append("create"))
        monkeypatch.setattr(target, "_remove_empty", lambda _: self.made.append("remove"))

    def _run(self, arguments: Sequence[str], on_event: Any, _on_wait: Any, *, show: bool) -> Outcome:
        self.made.append([*arguments, *(["shown"] if show else [])])
        if arguments[0] == "preview":
            for event in self.preview:
                on_event(event)
            return Outcome()
        return Outcome(code=self.codes.pop(0) if self.codes else 0)

    def _repair(self, verb: str, _stack: str) -> list[str]:
        self.made.append(f"repair {verb}")
        return self.again


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


def test_update_of_local_machines_asks_nothing_and_repairs_first(calls: Calls) -> None:
    update.up(stack("local"))
    assert calls.made == ["repair up", UP, "status True"]


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
    assert "services are updated: traefik" in capsys.readouterr().err


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


def test_first_update_ends_with_the_next_steps_once(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YES", "1")
    update.up(stack("exoscale", exists=False))
    assert calls.made == ["create", ["preview", "--stack", "s"], "repair up", UP, "status True"]
    assert "next steps:" in capsys.readouterr().err
    update.up(stack("exoscale"))
    assert "next steps:" not in capsys.readouterr().err


def test_preview_repairs_nothing_and_shows_a_table_and_words(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXOSCALE_API_KEY", "x")
    update.preview(stack("exoscale"))
    monkeypatch.setenv("DIFF", "1")
    update.preview(stack("exoscale"))
    assert calls.made == [["preview", "--stack", "s", "shown"], ["preview", "--stack", "s", "--diff", "shown"]]
    assert "services are updated: traefik" in capsys.readouterr().err


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
