"""docs/dashboards/queries.py: queries as Grafana sends them, and their answers."""

from collections.abc import Mapping
from typing import Any

from docs.dashboards.queries import Line, Reader, filled, legend


def ask(path: str, parameters: Mapping[str, str]) -> Any:
    """Answer like Prometheus: two machines, and for the query `b` a label of its own."""
    labels = [{"node": "m1"}, {"node": "m2"}]
    if path == "query_range":
        assert (parameters["start"], parameters["end"], parameters["step"]) == ("0", "240", "2")
        return [{"metric": one, "values": [[0, "1"], [2, "2.5"]]} for one in labels]
    extra = {"kernel": "6.1"} if parameters["query"] == "b" else {}
    return [{"metric": one | extra, "value": [240, "7"]} for one in labels]


READER = Reader(ask=ask, start=0, end=240)


def panel(*queries: str) -> dict[str, Any]:
    return {
        "targets": [
            {"refId": letter, "expr": query, "legendFormat": "{{node}} up"}
            for letter, query in zip("ABC", queries, strict=False)
        ]
    }


def test_variables_of_a_query_have_values() -> None:
    query = 'rate(a{node=~"$node", service=~"$service"}[$__rate_interval])'
    assert filled(query) == 'rate(a{node=~".+", service=~".+"}[1m])'


def test_legend_has_the_labels_of_its_line() -> None:
    assert legend("{{node}} {{ mode }} {{none}}!", {"node": "m1", "mode": "idle"}) == "m1 idle !"


def test_lines_have_their_names_queries_and_points() -> None:
    assert list(READER.lines(panel("a"))) == [
        Line("m1 up", "A", [(0.0, 1.0), (2.0, 2.5)]),
        Line("m2 up", "A", [(0.0, 1.0), (2.0, 2.5)]),
    ]


def test_values_are_those_at_the_end() -> None:
    assert READER.values(panel("a")) == [7.0, 7.0]


def test_rows_of_several_queries_are_joined_by_their_labels() -> None:
    rows = READER.rows(panel("a", "b"))
    assert rows[0] == {"node": "m1", "Value #A": 7.0, "kernel": "…", "Value #B": 7.0}  # its kernel is nobody's business
    assert len(rows) == 2


def test_column_of_a_single_query_has_no_letter() -> None:
    assert READER.rows(panel("a"))[0] == {"node": "m1", "Value": 7.0}
