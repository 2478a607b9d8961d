"""docs/dashboards/tables.py: columns, names and units of tables."""

from docs.dashboards.tables import Table, table

PANEL = {
    "fieldConfig": {
        "defaults": {"unit": "short"},
        "overrides": [{"matcher": {"id": "byName", "options": "Age"}, "properties": [{"id": "unit", "value": "s"}]}],
    },
    "options": {"sortBy": [{"displayName": "Machine", "desc": False}]},
    "transformations": [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True, "Value #B": True},
                "indexByName": {"node": 0, "Value #A": 1},
                "renameByName": {"node": "Machine", "Value #A": "Age"},
            },
        },
    ],
}


def test_table_has_the_columns_names_and_units_of_its_panel() -> None:
    found = [{"node": "b", "Value #A": 60.0, "Value #B": 1.0}, {"node": "a", "Value #B": 1.0}]
    assert table(PANEL, found) == Table(["Machine", "Age"], [["a", ""], ["b", "1 min"]])


def test_table_without_rows_is_empty() -> None:
    assert table(PANEL, []) == Table([], [])
