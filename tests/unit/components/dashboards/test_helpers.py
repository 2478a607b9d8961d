"""components/dashboards: what panels of a kind have in common, and how a dashboard becomes JSON."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models import units

from components import catalog
from components.dashboards.base import Parts, base_dashboard, variable
from components.dashboards.encoding import encode
from components.dashboards.fields import NODES
from components.dashboards.graphs import count_graph, graph, legend, mirrored_graph, percent_graph
from components.dashboards.panels import stat, table
from tools.dev.dashboards import main

PAGE = Path(__file__).parents[2] / "docs/develop/dashboards.md"
PARTS: Parts = [stat("One", "Of it.", units.Short, "sum(up)"), Row("More"), stat("Two", "Of it.", units.Short, "1")]


def encoded(*parts: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(encode(base_dashboard("uid", "Title", "Text.", ["a"], parts)))
    return made


def panel(made: Any) -> dict[str, Any]:
    """The JSON of a panel, alone on a dashboard."""
    (found,) = encoded(made)["panels"]
    return dict(found)


def defaults(made: Any) -> dict[str, Any]:
    return dict(panel(made)["fieldConfig"]["defaults"])


def test_dashboard_begins_with_what_it_is() -> None:
    assert list(encoded())[:5] == ["id", "uid", "title", "description", "tags"]
    assert list(panel(PARTS[0]))[:4] == ["id", "type", "title", "description"]


def test_dashboard_links_to_all_that_have_the_tag_of_the_program() -> None:
    dashboard = encoded()
    assert dashboard["tags"] == ["nuvla-swarm", "a"]
    (link,) = dashboard["links"]
    assert (link["type"], link["tags"], link["keepTime"], link["includeVars"]) == (
        "dashboards",
        ["nuvla-swarm"],
        True,
        True,
    )
    assert "placement" not in link, "Grafana would put the link into a menu"


def test_variables_of_a_dashboard_follow_the_choice_of_machines() -> None:
    service = variable("service", "Service", "label_values(up, service)")
    made = json.loads(encode(base_dashboard("uid", "Title", "Text.", [], [], variables=[service])))
    assert [each["name"] for each in made["templating"]["list"]] == ["node", "service"]


def test_panels_follow_each_other_and_rows_begin_new_lines() -> None:
    placed = [
        (each["title"], each["id"], each["gridPos"]["x"], each["gridPos"]["y"]) for each in encoded(*PARTS)["panels"]
    ]
    assert placed == [("One", 1, 0, 0), ("More", 2, 0, 4), ("Two", 3, 0, 5)]


def test_encoding_leaves_out_defaults_of_the_sdk_and_nothing_else() -> None:
    assert "transparent" not in panel(stat("One", "Of it.", units.Short, "1"))
    assert panel(stat("One", "Of it.", units.Short, "1").transparent(True))["transparent"] is True


def test_stat_asks_for_the_value_of_now() -> None:
    made = panel(stat("One", "Of it.", units.Short, "sum(up)"))
    (target,) = made["targets"]
    assert (target["expr"], target["instant"], target["range"]) == ("sum(up)", True, False)
    assert (made["gridPos"]["w"], made["gridPos"]["h"]) == (4, 4)


def test_stat_with_a_sparkline_asks_for_values_over_time() -> None:
    made = panel(stat("One", "Of it.", units.Short, "sum(up)", sparkline=True))
    assert made["targets"][0]["range"] is True
    assert made["options"]["graphMode"] == "area"


def test_stat_shows_texts_in_the_place_of_numbers() -> None:
    (mapping,) = defaults(stat("One", "Of it.", units.Short, "1", texts=["down", "up"]))["mappings"]
    assert {number: result["text"] for number, result in mapping["options"].items()} == {"0": "down", "1": "up"}


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


def test_table_merges_its_queries_and_hides_values_without_a_column() -> None:
    columns = {"node": "Machine", "Value #A": "Up", "version": "Version"}
    made = panel(table("One", "Of it.", ["up", "info"], columns=columns, column_units={"Up": "s"}, sort_by="Machine"))
    merge, organize = made["transformations"]
    assert merge["id"] == "merge"
    assert organize["options"]["excludeByName"] == {"Time": True, "Value #B": True}
    assert organize["options"]["renameByName"] == columns
    assert list(organize["options"]["indexByName"]) == list(columns)
    assert [override["matcher"]["options"] for override in made["fieldConfig"]["overrides"]] == ["Up"]


def test_table_of_one_query_has_its_value_as_value() -> None:
    columns = {"node": "Machine", "Value": "Up"}
    made = panel(table("One", "Of it.", ["up"], columns=columns, column_units={}, sort_by="Up"))
    assert [each["id"] for each in made["transformations"]] == ["organize"]
    assert made["transformations"][0]["options"]["excludeByName"] == {"Time": True}


def test_command_writes_each_dashboard_into_a_folder(tmp_path: Path) -> None:
    main(tmp_path / "new")
    found = {file.stem: file.read_text(encoding="utf-8") for file in (tmp_path / "new").iterdir()}
    assert found == catalog.dashboard_texts()


def test_panel_of_the_page_for_developers_can_be_made() -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    made = panel(eval(snippet, {"graph": graph, "units": units, "NODES": NODES}))
    assert made["targets"][0]["expr"] == 'node_load1{node=~"$node"}'
    assert made["gridPos"]["w"] == 8
