"""Engines of a swarm's members restart one after the other, and a preview says which ones."""

import re
from typing import Any

import pytest

from components.machines.machine import Machine
from components.machines.shell import Done
from stacks.prior_state import EMPTIED, SILENT
from tests.program.runs import run
from tests.support import pulumi_run
from tests.support.configs import changed, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program

pytestmark = pytest.mark.thorough

BEFORE = target(managers=3, workers=2, swarm={"api_manager": "manager-2"}, engine={"source": "docker.com"})
ORDER = ["worker-1", "worker-2", "manager-1", "manager-3", "manager-2"]
VERSION = "engine.version"


def later(document: dict[str, Any]) -> FakePulumi:
    """An update of the infrastructure that `BEFORE` has made."""
    return run(document, state=run(BEFORE).engine.state_after()).engine


def waits(engine: FakePulumi, step: str) -> dict[str, set[str]]:
    """The machines whose engines a machine's engine waits for before a step."""
    names = {name: engine.dependencies(f"{name}-engine-{step}") for name in ORDER}
    return {
        name: {one.removesuffix("-engine-configure") for one in others if one.endswith("-engine-configure")}
        for name, others in names.items()
    }


def chain(machines: list[str]) -> dict[str, set[str]]:
    return {name: set(machines[:index][-1:]) for index, name in enumerate(machines)}


def test_engines_start_at_once_at_first() -> None:
    engine = run(BEFORE).engine
    for step in ("install", "configure"):
        assert waits(engine, step) == {key: set() for key in ORDER}


def test_workers_restart_first_and_the_api_manager_last() -> None:
    assert waits(later(changed(BEFORE, "engine.icc", value=True)), "configure") == chain(ORDER)


def test_packages_of_a_new_version_wait_their_turn_too() -> None:
    assert waits(later(BEFORE), "install") == {key: set() for key in ORDER}
    assert waits(later(changed(BEFORE, VERSION, "28.5.1")), "install") == chain(ORDER)


def test_new_machine_waits_for_nobody() -> None:
    grown = changed(BEFORE, "machines.pools.worker.count", 3)
    engine = later(changed(grown, VERSION, "28.5.1"))
    others = engine.dependencies("worker-3-engine-install") | engine.dependencies("worker-3-engine-configure")
    assert {name for name in others if name.endswith("-engine-configure")} == set()
    assert waits(engine, "configure") == chain(ORDER)


def test_machine_that_comes_back_after_a_loss_waits_for_nobody() -> None:
    """The swarm has forgotten it. As a member, it would wait for the Traefik of managers that are to come after it."""
    lost = changed(BEFORE, "machines.lost", ["manager-3", "worker-1"])
    engine = run(BEFORE, state=run(lost, state=run(BEFORE).engine.state_after()).engine.state_after()).engine
    for step in ("install", "configure"):
        assert waits(engine, step) == {key: set() for key in ("manager-3", "worker-1")} | {
            key: set() if step == "install" else former
            for key, former in chain([name for name in ORDER if name not in ("manager-3", "worker-1")]).items()
        }


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        (
            "machines.system_upgrade",
            "2026-12-01",
            "packages of the system (2026-12-01): worker-1, worker-2, manager-1, manager-3, manager-2; each",
        ),
        (
            VERSION,
            "28.5.1",
            "engine 28.5.2 -> 28.5.1: worker-1, worker-2, manager-1, manager-3, manager-2; each restarts",
        ),
        (
            "engine.icc",
            True,
            "settings of the engine (icc): worker-1, worker-2, manager-1, manager-3, manager-2; each",
        ),
        ("engine.operators", ["alice"], "settings of the engine (operators): manager-1, manager-3, manager-2; each"),
        (
            "engine.server_certificate_generation",
            2,
            "settings of the engine (server certificate): manager-1, manager-3",
        ),
        (
            "machines.virtual_ip",
            "10.77.0.9",
            "settings of the engine (virtual IP): manager-1, manager-3, manager-2; each",
        ),
        (
            "machines.proxy.http",
            "http://proxy.example.org:3128",
            "settings of the engine (proxy): worker-1, worker-2, manager-1, manager-3, manager-2; each",
        ),
        ("monitoring.enabled", False, ""),
    ],
)
def test_preview_says_which_engines_restart(
    caplog: pytest.LogCaptureFixture, setting: str, value: object, said: str
) -> None:
    state = run(BEFORE).engine.state_after()
    with caplog.at_level("WARNING"):
        run_program(changed(BEFORE, setting, value), preview=True, state=state)
    found = [line for line in caplog.messages if "engine" in line or "packages of" in line]
    assert [line.startswith(said) for line in found] == ([True] if said else [])


@pytest.fixture
def refilled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The machines that an update gives their tasks again, in any order."""
    found: list[str] = []

    async def run_script(_: Machine, script: str, verb: str) -> Done:
        [name] = re.findall(r"^export NODE=(\S+)$", script, re.MULTILINE)
        if verb == "refill":
            found.append(name)
        return Done(0, "", "")

    monkeypatch.setattr(pulumi_run, "_obeyed", run_script)
    return found


def after_failure() -> dict[str, Any]:
    """The state after an update that failed: it does not say when the machines had their tasks last."""
    state = run(BEFORE).engine.state_after()
    for urn, one in state.items():
        if urn.endswith("-engine"):
            one["outputs"] = {}
    return state


def test_machines_that_a_failed_update_may_have_emptied_are_refilled(refilled: list[str]) -> None:
    run_program(BEFORE, state=after_failure())
    assert sorted(refilled) == sorted(ORDER)


def test_machine_that_was_emptied_is_refilled_if_nothing_else_is_due(
    refilled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting that it was emptied for is as it was before the update that failed."""
    monkeypatch.setenv(EMPTIED, "worker-2")
    run_program(BEFORE, state=run(BEFORE).engine.state_after())
    assert refilled == ["worker-2"]


@pytest.mark.parametrize("reason", ["lost", "silent"])
def test_machine_that_is_away_is_not_waited_for(
    refilled: list[str], monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """It may have died when it was empty, and nothing brings it back in this update."""
    if reason == "silent":
        monkeypatch.setenv(SILENT, "worker-2")
    run_program(changed(BEFORE, "machines.lost", ["worker-2"] if reason == "lost" else []), state=after_failure())
    assert sorted(refilled) == sorted({*ORDER} - {"worker-2"})


DAY = "2026-12-01"


def test_no_machine_is_upgraded_unless_a_day_is_set() -> None:
    assert [name for name in run(BEFORE).engine.types if "upgrade" in name] == []


@pytest.mark.parametrize("version", ["28.5.2", "28.5.1"])
def test_packages_of_systems_are_upgraded_one_machine_after_the_other(version: str) -> None:
    engine = later(changed(changed(BEFORE, "machines.system_upgrade", DAY), VERSION, version))
    befores = {name: engine.dependencies(f"{name}-upgrade-run") for name in ORDER}
    assert {
        name: {one.removesuffix("-engine-configure") for one in others if one.endswith("-engine-configure")}
        for name, others in befores.items()
    } == chain(ORDER)
    for name in ORDER:  # nothing runs on a machine while it may restart
        assert f"{name}-upgrade-run" in engine.dependencies(f"{name}-engine-install")
        assert engine.triggers(f"{name}-engine-configure")[1:] == [f"STDOUT:{name}-upgrade-run"]


def test_new_machines_are_upgraded_at_once() -> None:
    engine = run(changed(BEFORE, "machines.system_upgrade", DAY)).engine
    assert {
        name: engine.dependencies(f"{name}-upgrade-run") & {f"{one}-engine-configure" for one in ORDER}
        for name in ORDER
    } == {name: set() for name in ORDER}


def test_preview_after_an_upgrade_that_failed_names_the_machines_that_it_has_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Components whose inputs it has changed have no outputs since."""
    upgraded = changed(BEFORE, "machines.system_upgrade", DAY)
    state = run(upgraded).engine.state_after()
    for urn, one in state.items():
        if urn.endswith(("-engine", "-upgrade")):
            one["outputs"] = {}
        if urn.endswith("-engine-configure"):
            one["outputs"]["stdout"] = "28.5.2\nMon 2026-11-30 11:17:24 UTC\n"
        if urn.endswith("-upgrade-run"):
            one["outputs"]["stdout"] = f"{DAY if 'worker' in urn else '2026-11-01'} start"
    with caplog.at_level("WARNING"):
        run_program(upgraded, preview=True, state=state)
    [line] = [line for line in caplog.messages if "packages of" in line]
    assert line.startswith(f"packages of the system ({DAY}): manager-1, manager-3, manager-2; each")
