"""Engines of a swarm's members restart one after the other, and a preview says which ones."""

from typing import Any

import pytest

from tests.program.runs import run
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


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
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
        ("monitoring.enabled", False, ""),
    ],
)
def test_preview_says_which_engines_restart(
    caplog: pytest.LogCaptureFixture, setting: str, value: object, said: str
) -> None:
    state = run(BEFORE).engine.state_after()
    with caplog.at_level("INFO"):
        run_program(changed(BEFORE, setting, value), preview=True, state=state)
    found = [line for line in caplog.messages if "engine" in line]
    assert [line.startswith(said) for line in found] == ([True] if said else [])
