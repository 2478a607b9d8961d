"""components/dashboards/encoding.py: the JSON of a dashboard."""

from grafana_foundation_sdk.models import units

from components.dashboards.panels import stat
from tests.support.dashboards import PARTS, encoded, panel


def test_dashboard_begins_with_what_it_is() -> None:
    assert list(encoded())[:5] == ["id", "uid", "title", "description", "tags"]
    assert list(panel(PARTS[0]))[:4] == ["id", "type", "title", "description"]


def test_encoding_leaves_out_defaults_of_the_sdk_and_nothing_else() -> None:
    assert "transparent" not in panel(stat("One", "Of it.", units.Short, "1"))
    assert panel(stat("One", "Of it.", units.Short, "1").transparent(True))["transparent"] is True
