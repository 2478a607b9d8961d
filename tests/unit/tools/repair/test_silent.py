"""tools/repair/silent.py: machines that do not answer, which an update leaves as they are."""

import os
from typing import Any

import pytest

from stacks.prior_state import INSTANCE, SILENT
from tests.support.rows import rows
from tests.support.stack_states import ROOT, membership, state
from tools.repair import nodes, silent
from tools.repair.state import State
from tools.repair.swarm import Reach, Swarm

ADDRESSES = {"manager-1": "192.0.2.7", "manager-2": "192.0.2.8", "manager-3": "192.0.2.9"}


def stack(cluster: str = "Exoscale", managers: int = 3) -> State:
    """Return the state of a stack with some managers and a worker."""
    names = [*list(ADDRESSES)[:managers], "worker-1"]
    resources: list[Any] = []
    for name in names:
        made, *commands = membership(name, role=name.partition("-")[0], labels={})
        made = made | {"outputs": made["outputs"] | {"public_address": ADDRESSES.get(name, "192.0.2.20")}}
        resources += [made, *commands]
        if cluster == "Exoscale":
            resources.append({"urn": f"{ROOT}{INSTANCE}::{name}", "type": INSTANCE, "id": name})
    return state(*resources, cluster=cluster)


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The machines that do not answer."""
    names: set[str] = set()
    away = {address: name for name, address in ADDRESSES.items()}
    monkeypatch.setattr(Swarm, "reach", lambda self: Reach.SILENT if away[self.host] in names else Reach.MANAGES)
    monkeypatch.setattr(nodes, "answers", lambda member: member.name not in names)
    monkeypatch.setattr(Swarm, "nodes", lambda _: [])
    monkeypatch.setenv(SILENT, "of before")
    return names


@rows(
    "gone, found",
    [
        ([], []),
        (["manager-1"], ["manager-1"]),
        (["manager-1", "worker-1"], ["manager-1", "worker-1"]),
        (["worker-1"], []),
        (["manager-1", "manager-2", "manager-3"], []),
    ],
)
def test_machines_are_silent_only_while_a_manager_keeps_the_swarm(
    gone: list[str], found: list[str], dead: set[str]
) -> None:
    dead.update(gone)
    for cluster in ("Exoscale", "Existing"):
        assert silent.names(stack(cluster)) == found
    dead.clear()


def test_local_machine_or_only_manager_is_put_back_instead(dead: set[str]) -> None:
    dead.add("manager-1")
    assert silent.names(stack("Local")) == []
    assert silent.names(stack("Existing", managers=1)) == []
    assert silent.names(State("s", None)) == []


def test_managers_that_nobody_can_ask_yet_are_not_silent(dead: set[str]) -> None:
    dead.add("manager-1")
    known = stack()
    without = [one for one in known.resources if one["type"] != "pulumi:providers:docker"]
    assert silent.names(State(known.stack, {"resources": without})) == []


def test_program_is_told_of_machines_that_exist(dead: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    known = stack()
    assert silent.instances(known, ["manager-1"]) == [f"{ROOT}{INSTANCE}::manager-1"]
    silent.tell_program(known, ["manager-1", "worker-9"])
    assert os.environ[SILENT] == "manager-1"
    first, second = capsys.readouterr().err.splitlines()
    assert "the machine manager-1 does not answer, and the update leaves it as it is: start it, or name it" in first
    assert "the machine worker-9 is gone, and the update creates it again" in second
    silent.tell_program(stack("Existing"), ["manager-2"])
    assert os.environ[SILENT] == "manager-2"
    silent.tell_program(known, [])
    assert os.environ[SILENT] == ""


def test_services_change_only_after_the_swarm_has_noticed(dead: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter(["ready", "ready", "down"])
    ready = {"ID": "manager-2-id", "Status": {"State": "ready"}}
    monkeypatch.setattr(silent, "INTERVAL_S", 0)
    monkeypatch.setattr(Swarm, "nodes", lambda _: [ready, {"ID": "manager-1-id", "Status": {"State": next(states)}}])
    dead.add("manager-1")
    assert silent.names(stack()) == ["manager-1"]
    assert list(states) == []
    monkeypatch.setattr(silent, "NOTICE_TIMEOUT_S", 0)
    monkeypatch.setattr(Swarm, "nodes", lambda _: [ready | {"ID": "manager-1-id"}])
    assert silent.names(stack()) == ["manager-1"], "its engine answers the swarm alone"


def test_plan_knows_of_silent_machines_too(dead: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    dead.add("manager-2")
    monkeypatch.setattr(State, "read", lambda _: stack())
    silent.look("s")
    assert os.environ[SILENT] == "manager-2"
