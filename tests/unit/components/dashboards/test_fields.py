"""components/dashboards/fields.py: what panels of all kinds have in common."""

import re

from grafana_foundation_sdk.models import units

from components.dashboards.fields import NODES
from components.dashboards.graphs import graph
from tests.support.checkout import CHECKOUT
from tests.support.dashboards import panel

PAGE = CHECKOUT / "docs/develop/dashboards.md"


def test_panel_of_the_page_for_developers_can_be_made() -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    made = panel(eval(snippet, {"graph": graph, "units": units, "NODES": NODES}))
    assert made["targets"][0]["expr"] == 'node_load1{node=~"$node"}'
    assert made["gridPos"]["w"] == 8
