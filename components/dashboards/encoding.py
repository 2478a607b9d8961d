"""Encoding of a dashboard as JSON, with keys in a fixed order and without defaults."""

import json
from typing import Any

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Dashboard, TimePickerConfig

# Keys in an order that suits readers. A type of the SDK stands for all keys whose values are of that type.
ORDER = """
id refId type uid name title label description collapsed tags
datasource definition query editorMode expr legendFormat instant multi includeAll allValue current
gridPos fieldConfig options transformations
unit color custom thresholds mappings TableFieldOptions min
drawStyle lineInterpolation lineWidth fillOpacity gradientMode showPoints spanNulls axisPlacement stacking group mode
colorMode graphMode justifyMode orientation textMode reduceOptions
displayMode placement showLegend calcs fields align cellOptions showHeader cellHeight
editable graphTooltip liveNow refresh sort schemaVersion version timezone fiscalYearStartMonth time timepicker
annotations links asDropdown includeVars keepTime icon targetBlank range
"""
PLACES = {word: place for place, word in enumerate(ORDER.split())}
# Values that the builders write although they are Grafana's defaults.
DEFAULTS = {
    "allowCustomValue": True,
    "auto": False,
    "auto_count": 30,
    "auto_min": "10s",
    "footer": {"show": False, "reducer": [], "countRows": False},
    "frameIndex": 0,
    "hidden": False,
    "instant": False,
    "placement": "inControlsMenu",  # of links: Grafana shows a link without a placement beside the title
    "refresh_intervals": TimePickerConfig().refresh_intervals,
    "repeatDirection": "h",
    "showTypeIcons": False,
    "transparent": False,
}


def encode(builder: Builder[Dashboard]) -> str:
    """Return the JSON of a dashboard, whose panels are numbered in their order."""
    dashboard = builder.build()
    for number, panel in enumerate(dashboard.panels or [], start=1):
        panel.id_val = number
    # Grafana assigns the id.
    return json.dumps({"id": None} | _plain(dashboard), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """Return objects of the SDK as dictionaries with ordered keys and without defaults."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if not hasattr(value, "to_json"):
        return value
    fields = {key: _plain(each) for key, each in sorted(value.to_json().items(), key=lambda item: _place(*item))}
    return {key: each for key, each in fields.items() if key not in DEFAULTS or each != DEFAULTS[key]}


def _place(key: str, value: object) -> int:
    return PLACES.get(type(value).__name__, PLACES.get(key, len(PLACES)))
