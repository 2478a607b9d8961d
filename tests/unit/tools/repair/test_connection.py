"""tools/repair/connection.py: which manager answers."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.rows import rows
from tests.support.stack_states import membership, state
from tools.repair import connection
from tools.repair.connection import connected, managers, reached
from tools.repair.state import State
from tools.repair.swarm import Reach, Swarm

SILENT, LATE, ANSWERS, MANAGES = Reach
THREE = ("192.0.2.7", "192.0.2.8", "192.0.2.9")


def stack(*addresses: str) -> State:
    """Return the state of a stack whose API manager is the first of the managers."""
    resources: list[Any] = []
    for number, address in enumerate(addresses, start=1):
        made, *commands = membership(f"manager-{number}", role="manager", labels={})
        resources += [made | {"outputs": made["outputs"] | {"public_address": address}}, *commands]
    return state(*resources)


@rows(
    "reaches, used",
    [
        ([MANAGES, MANAGES, MANAGES], "192.0.2.7"),
        ([MANAGES, SILENT, SILENT], "192.0.2.7"),
        ([SILENT, MANAGES, MANAGES], "192.0.2.8"),
        ([SILENT, SILENT, MANAGES], "192.0.2.9"),
        ([ANSWERS, SILENT, MANAGES], "192.0.2.9"),
        ([SILENT, ANSWERS, ANSWERS], "192.0.2.7"),
        ([SILENT, SILENT, SILENT], "192.0.2.7"),
        ([SILENT], "192.0.2.7"),
    ],
)
def test_first_manager_that_answers_is_asked(
    reaches: list[Reach], used: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = dict(zip(THREE, reaches, strict=False))
    monkeypatch.setattr(Swarm, "reach", lambda self: answers[self.host])
    monkeypatch.setattr(connection, "ELECTION_TIMEOUT_S", -1)
    with connected(stack(*answers)) as swarm:
        assert swarm is not None
        assert swarm.host == used
    told = capsys.readouterr().err
    name = f"manager-{THREE.index(used) + 1}"
    assert (f"its API manager manager-1 does not answer; asks {name} instead" in told) == (name != "manager-1")


def test_only_manager_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Swarm, "reach", lambda _: pytest.fail("it was asked"))
    with connected(stack(THREE[0])) as swarm:
        assert swarm is not None


def test_stack_without_an_api_manager_has_no_swarm() -> None:
    with connected(State("s", None)) as swarm, managers(State("s", None)) as found:
        assert (swarm, found) == (None, {})


def test_lost_managers_and_workers_are_not_asked() -> None:
    resources = list(stack(*THREE).resources) + membership("worker-1", labels={})
    (cluster,) = [one for one in resources if one["type"] == "nuvla:machines:ExistingCluster"]
    resources[resources.index(cluster)] = {**cluster, "outputs": {"lost": ["manager-2"]}}
    with managers(State("s", {"resources": resources})) as found:
        assert {name: swarm.host for name, swarm in found.items()} == {
            "manager-1": "192.0.2.7",
            "manager-3": "192.0.2.9",
        }


class Session:
    """Answers with a status, or not at all."""

    def __init__(self, status: int | type[Exception]) -> None:
        self.status = status

    def request(self, *_: Any, **__: Any) -> requests.Response:
        if not isinstance(self.status, int):
            raise self.status
        answer = requests.Response()
        answer.status_code, answer._content = self.status, b'{"message": "The swarm does not have a leader."}'
        return answer


def test_reach_of_a_manager_is_what_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        requests.ConnectTimeout: SILENT,
        requests.ReadTimeout: LATE,
        requests.exceptions.SSLError: ANSWERS,
        503: ANSWERS,
        200: MANAGES,
    }
    monkeypatch.setattr(connection, "ELECTION_TIMEOUT_S", -1)
    swarms = [Swarm(Session(answer), "https://192.0.2.7:2376") for answer in answers]  # type: ignore[arg-type]
    assert reached(swarms) == list(answers.values())
    assert reached([]) == []


@pytest.mark.parametrize("there", [ANSWERS, LATE])
def test_managers_that_are_there_get_time_to_choose_a_leader(there: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([there, SILENT, there, SILENT, MANAGES, SILENT])
    swarms = [Swarm(Session(200), f"https://192.0.2.{number}:2376") for number in (7, 8)]  # type: ignore[arg-type]
    monkeypatch.setattr(Swarm, "reach", lambda _: next(answers))
    monkeypatch.setattr(connection, "INTERVAL_S", 0)
    assert reached(swarms) == [MANAGES, SILENT]
    monkeypatch.setattr(Swarm, "reach", lambda _: there)
    monkeypatch.setattr(connection, "ELECTION_TIMEOUT_S", -1)
    assert reached(swarms) == [there, there], "they have had their time"


def test_key_is_for_its_owner_only() -> None:
    with managers(state()) as found:
        (swarm,) = found.values()
        key = swarm._session.cert[1]  # type: ignore[index]
        assert Path(key).stat().st_mode & 0o777 == 0o600
        assert Path(key).read_text() == "KEY"
