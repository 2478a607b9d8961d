"""tools/service_health.py: the state of monitoring and of certificates."""

from typing import Any

import pytest

from tools import service_health

FOUND: dict[str, Any] = {"urls": {"prometheus": "https://192.0.2.7/prometheus/"}, "logins": {"prometheus": {}}}


class Answer:
    """An answer of Prometheus."""

    def __init__(self, data: dict[str, Any] | None):
        self._data = data

    def json(self) -> Any:
        return {"data": self._data} if self._data is not None else {"error": "not yet"}


def answering(monkeypatch: pytest.MonkeyPatch, targets: list[str], alerts: list[str]) -> None:
    """Let Prometheus answer with targets of these states and alerts of these names."""

    def ask(url: str, _login: dict[str, str]) -> Answer:
        path = url.removeprefix("https://192.0.2.7/prometheus/api/v1/")
        if path == "targets?state=active":
            return Answer({"activeTargets": [{"health": health} for health in targets]})
        assert path.startswith("query?query=ALERTS"), path
        return Answer({"result": [{"metric": {"alertname": name}} for name in alerts]})

    monkeypatch.setattr(service_health, "ask", ask)


def test_unprobed_targets_are_counted_apart_from_failing_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[tuple[list[str], list[str], str]] = [
        (["up", "up"], [], "2 of 2 targets are up; alerts: none"),
        (["up", "unknown", "unknown"], [], "1 of 3 targets are up, 2 not asked yet; alerts: none"),
        (["up", "down"], ["B", "A", "B"], "1 of 2 targets are up; alerts: A, B"),
    ]
    for targets, alerts, line in cases:
        answering(monkeypatch, targets, alerts)
        assert service_health.targets_and_alerts(FOUND) == line


def test_prometheus_without_an_answer_has_no_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_health, "ask", lambda _url, _login: Answer(None))
    assert service_health.targets_and_alerts(FOUND) == "0 of 0 targets are up; alerts: none"
