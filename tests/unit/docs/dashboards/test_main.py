"""docs/dashboards/__main__.py: questions to Prometheus, and the pictures that are drawn."""

from pathlib import Path
from typing import Any

import pytest

from components import catalog
from docs.dashboards import __main__ as command


class Answer:
    """An answer of Prometheus."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def json(self) -> dict[str, Any]:
        return self.document


def test_prometheus_is_asked_with_the_login() -> None:
    asked: list[Any] = []

    def get(url: str, auth: tuple[str, str]) -> Answer:
        asked.append((url, auth))
        return Answer({"status": "success", "data": {"result": [1]}})

    ask = command.api(get, "https://a/prometheus/", {"username": "me", "password": "word"})
    assert ask("query", {"query": "up > 0"}) == [1]
    assert asked == [("https://a/prometheus/api/v1/query?query=up+%3E+0", ("me", "word"))]


def test_refused_query_ends_the_command() -> None:
    ask = command.api(lambda *_: Answer({"status": "error", "error": "bad"}), "u/", {"username": "", "password": ""})
    with pytest.raises(SystemExit, match="Prometheus refuses up: bad"):
        ask("query", {"query": "up"})


def test_pictures_show_an_hour_or_since_the_first_metrics() -> None:
    assert command.span(lambda *_: [], 10000) == (6400, 10000)
    assert command.span(lambda *_: [{"value": [0, "9000"]}], 10000) == (9000, 10000)


def test_each_dashboard_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "draw", lambda dashboard, reader, path: path.write_text(dashboard["title"]))
    command.draw_all(lambda *_: [], tmp_path / "new")
    drawn = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert drawn == sorted(f"dashboard-{name}.png" for name in catalog.dashboard_texts())
