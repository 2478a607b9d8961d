"""components/dashboards/graphs.py: panels with lines over time."""

import pytest
from grafana_foundation_sdk.models import units

from components.dashboards.graphs import count_graph, graph, legend, mirrored_graph, percent_graph
from tests.support.dashboards import defaults, panel


def test_graph_has_a_letter_and_a_legend_for_each_query() -> None:
    made = panel(graph("One", "Of it.", units.Short, {"{{node}}": "a", "all": "b"}))
    assert [(each["refId"], each["legendFormat"], each["expr"]) for each in made["targets"]] == [
        ("A", "{{node}}", "a"),
        ("B", "all", "b"),
    ]
    assert made["fieldConfig"]["defaults"]["min"] == 0


def test_graph_of_more_queries_than_letters_is_rejected() -> None:
    with pytest.raises(ValueError, match="argument 2 is longer"):
        graph("One", "Of it.", units.Short, {f"line {number}": "1" for number in range(27)})


def test_graph_has_a_dashed_line_where_red_begins() -> None:
    made = defaults(graph("One", "Of it.", units.Short, {"a": "1"}, red_from=2))
    assert made["custom"]["thresholdsStyle"] == {"mode": "dashed"}
    assert made["thresholds"]["steps"][-1] == {"color": "red", "value": 2}


def test_percent_graph_ends_at_100_percent() -> None:
    made = defaults(percent_graph("One", "Of it.", {"a": "1"}))
    assert (made["unit"], made["min"], made["max"]) == ("percentunit", 0, 1)


def test_count_graph_changes_in_steps_and_stacks_its_lines_if_asked() -> None:
    made = defaults(count_graph("One", "Of it.", {"a": "1"}, stacked=True))
    assert (made["decimals"], made["custom"]["lineInterpolation"]) == (0, "stepAfter")
    assert made["custom"]["stacking"]["mode"] == "normal"


def test_mirrored_graph_draws_its_second_query_below_the_line() -> None:
    made = panel(mirrored_graph("One", "Of it.", units.Short, {"in": "1", "out": "2"}))
    (override,) = made["fieldConfig"]["overrides"]
    assert override["matcher"]["options"] == "B"
    assert override["properties"] == [{"id": "custom.transform", "value": "negative-Y"}]
    assert "min" not in made["fieldConfig"]["defaults"]


def test_legend_with_calculations_is_a_table() -> None:
    made = panel(graph("One", "Of it.", units.Short, {"a": "1"}).legend(legend("mean")))
    assert (made["options"]["legend"]["displayMode"], made["options"]["legend"]["calcs"]) == ("table", ["mean"])
