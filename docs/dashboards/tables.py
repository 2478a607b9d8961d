"""Tables of dashboards: columns in their order, with their names, units and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docs.dashboards.values import text


@dataclass(frozen=True)
class Table:
    """A table as it is shown."""

    header: list[str]
    cells: list[list[str]]


def table(panel: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rows of a panel as its transformation `organize` and its overrides say."""
    organized = next(one["options"] for one in panel["transformations"] if one["id"] == "organize")
    names, places = organized["renameByName"], organized["indexByName"]
    keys = {key for row in rows for key in row} - {key for key, gone in organized["excludeByName"].items() if gone}
    columns = sorted(keys, key=lambda key: (places.get(key, len(places)), key))
    header = [names.get(key, key) for key in columns]
    units = {
        override["matcher"]["options"]: one["value"]
        for override in panel["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "unit"
    }
    default = panel["fieldConfig"]["defaults"]["unit"]
    ordered = sorted(rows, key=lambda row: _key(row, panel, dict(zip(header, columns, strict=True))))
    cells = [
        [_cell(row.get(key), units.get(name, default)) for key, name in zip(columns, header, strict=True)]
        for row in ordered
    ]
    return Table(header, cells)


def _key(row: Mapping[str, Any], panel: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[bool, Any]:
    """Return what orders a row: the column that the panel sorts by."""
    by = [columns[one["displayName"]] for one in panel["options"].get("sortBy", []) if one["displayName"] in columns]
    value = row.get(by[0]) if by else None
    return value is None, value if value is not None else 0


def _cell(value: Any, unit: str) -> str:
    if value is None:
        return ""
    return text(value, unit) if isinstance(value, float) else str(value)
