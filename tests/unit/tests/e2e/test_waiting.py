"""tests/e2e/waiting.py: a bound is that of a computer with nothing else to do, and longer on a crowded one."""

import os
from types import SimpleNamespace

import pytest
import requests

from tests.e2e import machines, waiting
from tests.e2e.harness import PatientSession
from tests.e2e.machines import PATIENCE
from tests.e2e.waiting import wait_for
from tests.support.crowd import MOST, crowd


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The load of each core, as the test sets it; a second passes at each look at the clock."""
    load = [0.0]
    clock = iter(range(10_000))
    monkeypatch.setattr(os, "getloadavg", lambda: (load[0] * len(os.sched_getaffinity(0)), 0, 0))
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: float(next(clock)), sleep=lambda _: None))
    return load


def looks(timeout_s: float) -> int:
    """Return how often a condition that never holds is looked at."""
    seen: list[None] = []

    def look() -> bool:
        seen.append(None)
        return False

    with pytest.raises(AssertionError, match=r"it holds\nas described$"):
        wait_for(look, "it holds", timeout_s, lambda: "as described")
    return len(seen)


@pytest.mark.parametrize(("of_each_core", "times"), [(0.0, 1), (1.0, 1), (4.0, 4), (100.0, MOST)])
def test_bound_is_as_many_times_as_long_as_processes_want_each_core(
    load: list[float], of_each_core: float, times: float
) -> None:
    load[0] = of_each_core
    assert crowd() == times
    assert looks(10) == 10 * max(times, PATIENCE) - 1


def test_bound_of_slow_machines_is_that_of_a_crowd_already(load: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "PATIENCE", 5)
    load[0] = 3
    assert looks(10) == 49


def test_request_gets_as_many_times_as_long_too(load: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[float] = []
    monkeypatch.setattr(requests.Session, "send", lambda *_, timeout, **__: bounds.append(timeout))
    for load[0] in (0, 4):
        PatientSession().get("http://127.0.0.1/", timeout=10)
    assert bounds == [10 * PATIENCE, 10 * max(4, PATIENCE)]


def test_computer_that_fills_up_meanwhile_gets_more_time(load: list[float]) -> None:
    asked: list[None] = []

    def condition() -> bool:
        asked.append(None)
        load[0] = 5
        return len(asked) == 30

    wait_for(condition, "it holds", 10)
