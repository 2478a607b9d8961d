"""Dashboards of single panels as JSON, for tests of components/dashboards."""

import json
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models import units

from components.dashboards.base import Parts, base_dashboard
from components.dashboards.encoding import encode
from components.dashboards.panels import stat

PARTS: Parts = [stat("One", "Of it.", units.Short, "sum(up)"), Row("More"), stat("Two", "Of it.", units.Short, "1")]


def encoded(*parts: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(encode(base_dashboard("uid", "Title", "Text.", ["a"], parts)))
    return made


def panel(made: Any) -> dict[str, Any]:
    """Return the JSON of a panel that is alone on a dashboard."""
    (found,) = encoded(made)["panels"]
    return dict(found)


def defaults(made: Any) -> dict[str, Any]:
    return dict(panel(made)["fieldConfig"]["defaults"])
