"""components/dashboards/panels.py: panels with single values and with tables."""

from grafana_foundation_sdk.models import units

from components.dashboards.panels import stat, table
from tests.support.dashboards import defaults, panel


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
