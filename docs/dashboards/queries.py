"""Queries of dashboards, as Grafana sends them with all machines and services chosen, and their answers."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ANY = ".+"  # value of each variable
RATE_INTERVAL = "1m"
POINTS = 120  # of a line
HIDDEN = {"kernel": "…"}  # labels that tell of the computer, and nothing of the dashboard
Ask = Callable[[str, Mapping[str, str]], Any]  # path of Prometheus' API and parameters -> its result


@dataclass(frozen=True)
class Line:
    """A line of a graph."""

    name: str
    query: str  # letter of its query
    points: list[tuple[float, float]]  # time and value


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the answers of panels over a span of time."""

    ask: Ask
    start: float
    end: float

    def lines(self, panel: Mapping[str, Any]) -> Iterator[Line]:
        """Yield the lines of a graph."""
        step = max(1.0, (self.end - self.start) / POINTS)
        for target in panel["targets"]:
            span = {"start": f"{self.start:.0f}", "end": f"{self.end:.0f}", "step": f"{step:.0f}"}
            for series in self.ask("query_range", {"query": filled(target["expr"]), **span}):
                points = [(float(at), float(value)) for at, value in series["values"]]
                yield Line(legend(target["legendFormat"], series["metric"]), target["refId"], points)

    def values(self, panel: Mapping[str, Any]) -> list[float]:
        """Return the values of a panel of single values."""
        return [float(series["value"][1]) for target in panel["targets"] for series in self._now(target)]

    def rows(self, panel: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows of a table: series of all queries, joined by their common labels as by Grafana's `merge`."""
        several = len(panel["targets"]) > 1
        rows: list[dict[str, Any]] = []
        for target in panel["targets"]:
            name = f"Value #{target['refId']}" if several else "Value"
            for series in self._now(target):
                shown = {label: HIDDEN.get(label, text) for label, text in series["metric"].items()}
                labels = {**shown, name: float(series["value"][1])}
                same = [row for row in rows if all(row.get(key, value) == value for key, value in shown.items())]
                for row in same:
                    row.update(labels)
                if not same:
                    rows.append(labels)
        return rows

    def _now(self, target: Mapping[str, Any]) -> Any:
        return self.ask("query", {"query": filled(target["expr"]), "time": f"{self.end:.0f}"})


def filled(query: str) -> str:
    """Return a query with a value for each variable."""
    return re.sub(r"\$\w+", ANY, query.replace("$__rate_interval", RATE_INTERVAL))


def legend(form: str, labels: Mapping[str, str]) -> str:
    """Return the name of a line: `{{node}}` stands for the label `node`."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: labels.get(found[1], ""), form)
