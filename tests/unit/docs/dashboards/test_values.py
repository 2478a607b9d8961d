"""docs/dashboards/values.py: texts and colors of values."""

import json
from typing import Any

from components import catalog
from docs.dashboards.values import COLORS, color, text
from tests.support.rows import rows


@rows(
    "value, unit, shown",
    [
        (0.256, "percentunit", "25.6 %"),
        (1, "bool_yes_no", "Yes"),
        (0, "bool_yes_no", "No"),
        (1536 * 1024, "bytes", "1.5 MiB"),
        (-2000, "Bps", "-2 kB/s"),
        (0.0042, "s", "4.2 ms"),
        (90, "s", "1.5 min"),
        (172800, "s", "2 d"),
        (0, "s", "0 s"),
        (12345, "short", "12.3 K"),
        (3, "reqps", "3 req/s"),
        (0.5, "suffix: cores", "0.5 cores"),
    ],
)
def test_value_is_shown_with_its_unit(value: float, unit: str, shown: str) -> None:
    assert text(value, unit) == shown


@rows("value, name", [(None, "green"), (0.1, "green"), (0.7, "orange"), (2, "red")])
def test_color_is_that_of_the_highest_step_below(value: float | None, name: str) -> None:
    steps: list[dict[str, Any]] = [
        {"color": "green", "value": None},
        {"color": "orange", "value": 0.7},
        {"color": "red", "value": 0.85},
    ]
    assert color(value, steps) == COLORS[name]


def test_all_colors_of_dashboards_are_known() -> None:
    dashboards = [json.loads(written) for written in catalog.dashboard_texts().values()]
    panels = [panel for dashboard in dashboards for panel in dashboard["panels"] if panel["type"] != "row"]
    used = {step["color"] for panel in panels for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]}
    assert used <= set(COLORS)
