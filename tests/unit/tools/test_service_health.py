"""tools/service_health.py: answers of services and measurements of Prometheus."""

from typing import Any, cast

import pytest
import requests

from tests.support.rows import rows
from tools.access.web import Web
from tools.console import Fault
from tools.service_health import Health

PROMETHEUS = "https://192.0.2.7/prometheus/"
FOUND: dict[str, Any] = {
    "urls": {
        "traefik": "https://192.0.2.7/",
        "dashboard": "http://192.0.2.7:8080/dashboard/",
        "prometheus": PROMETHEUS,
    },
    "logins": {"prometheus": {"username": "admin", "password": "x"}},
}


class Answer:
    """An answer of a service."""

    def __init__(self, data: Any, status: int = 200):
        self.data, self.status_code, self.ok = data, status, status < 400

    def json(self) -> Any:
        return self.data


class Services:
    """Stands for the infrastructure: answers of Prometheus, each asked the last one again."""

    def __init__(self, targets: list[list[str]], alerts: list[str], probes: list[list[str]] | None = None):
        self.targets, self.alerts, self.probes = targets, alerts, probes or [[]]

    def get(self, url: str, _auth: Any = None) -> Answer:
        path = url.removeprefix(f"{PROMETHEUS}api/v1/")
        if path == "targets?state=active":
            states = self.targets.pop(0) if len(self.targets) > 1 else self.targets[0]
            return Answer({"data": {"activeTargets": [{"health": health} for health in states]}})
        if "probe_success" in path:
            values = self.probes.pop(0) if len(self.probes) > 1 else self.probes[0]
            return Answer({"data": {"result": [{"value": [0, value]} for value in values]}})
        return Answer({"data": {"result": [{"metric": {"alertname": name}} for name in self.alerts]}})


def health(web: Any, found: dict[str, Any] = FOUND) -> Health:
    return Health(found, cast("Web", web))


@pytest.fixture(autouse=True)
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time fly: each look at the clock is a second later."""
    seconds = iter(range(10_000))
    monkeypatch.setattr("tools.service_health.time.monotonic", lambda: next(seconds))
    monkeypatch.setattr("tools.service_health.time.sleep", lambda _: None)


@rows(
    "targets, alerts, line",
    [
        ([["up", "up"]], [], "2 of 2 targets are up; alerts: none"),
        ([["up", "unknown", "unknown"]], [], "1 of 3 targets are up, 2 not asked yet; alerts: none"),
        ([["up", "down"]], ["B", "A", "B"], "1 of 2 targets are up; alerts: A, B"),
        ([[], ["unknown"], ["up"]], [], "1 of 1 targets are up; alerts: none"),
    ],
)
def test_targets_are_counted_once_prometheus_has_asked_them(targets: Any, alerts: list[str], line: str) -> None:
    assert health(Services([*targets], alerts)).targets_and_alerts() == line


@rows("data", [None, {}, {"data": None}, {"data": []}, {"error": "not yet"}])
def test_prometheus_without_an_answer_has_no_targets(data: Any) -> None:
    class Silent:
        def get(self, *_: Any) -> Answer:
            return Answer(data)

    assert health(Silent()).targets_and_alerts() == "0 of 0 targets are up; alerts: none"


@rows("probes, line", [([[], ["1"]], "healthy"), ([["0"]], "does not answer"), ([[]], "not probed yet")])
def test_probe_of_nfs_is_awaited(probes: list[list[str]], line: str) -> None:
    told = health(Services([["up"]], [], [*probes])).nfs("192.0.2.7:/files")
    assert told == line
    assert isinstance(told, Fault) == (line == "does not answer")


@rows(
    "status, line",
    [(503, "ready (nothing is published yet)"), (200, "answers 200"), (500, "answers 500")],
)
def test_answers_of_traefik_are_worded(status: int, line: str) -> None:
    class Traefik:
        def get(self, *_: Any) -> Answer:
            return Answer(None, status)

    assert health(Traefik()).traefik_answer("https://192.0.2.7/") == line


class Starting:
    """A service without a certificate of its own at first, as Traefik shows it."""

    def __init__(self, failures: int):
        self.failures = failures

    def get(self, *_: Any) -> Answer:
        self.failures -= 1
        if self.failures >= 0:
            raise requests.exceptions.SSLError("unrecognized name")
        return Answer(None)


def test_failure_of_tls_is_awaited_for_a_while() -> None:
    assert health(Starting(3)).health("https://192.0.2.7:9000/health") == "healthy"
    assert health(Starting(3)).traefik_answer("https://192.0.2.7/") == "answers 200"
    assert health(Starting(1_000)).health("https://192.0.2.7:9000/health").startswith("does not answer: SSLError")


def test_each_service_has_a_line_whatever_it_answers() -> None:
    class Broken:
        def get(self, url: str, *_: Any) -> Answer:
            if "8080" in url:
                raise RuntimeError("boom")
            raise requests.ConnectTimeout

    lines = health(Broken()).lines()
    assert all(isinstance(told, Fault) for _, told in lines.values())
    assert lines == {
        "traefik": ("https://192.0.2.7/", "does not answer: no answer"),
        "dashboard": ("http://192.0.2.7:8080/dashboard/", "unknown: RuntimeError: boom"),
        "prometheus": (PROMETHEUS, "does not answer: no answer"),
    }
