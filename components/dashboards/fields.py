"""Common parts of all panels: data source, queries, units, colors and thresholds."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import FieldColorModeId, Threshold, ThresholdsMode
from grafana_foundation_sdk.models.prometheus import QueryEditorMode

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
NODES = '{node=~"$node"}'  # selects the machines that the dashboard's user chose
CORES = "suffix: cores"  # Grafana has no unit for CPU time; its own units are in `grafana_foundation_sdk.models.units`

# A color holds from its number up, until the next one; the first color holds below all numbers.
Thresholds = Mapping[str, float | None]
GREEN: Thresholds = {"green": None}
GREEN_FROM_1: Thresholds = {"red": None, "green": 1}
ORANGE_FROM_1: Thresholds = {"green": None, "orange": 1}
RED_FROM_1: Thresholds = {"green": None, "red": 1}
FULL: Thresholds = {"green": None, "orange": 0.7, "red": 0.85}  # a share of memory, disk or CPU
ERRORS: Thresholds = {"green": None, "orange": 0.01, "red": 0.05}  # a share of requests


def target(ref_id: str, query: str) -> Dataquery:
    """Return a query of Prometheus; other parts of its panel refer to it by `ref_id`, a letter."""
    return Dataquery().ref_id(ref_id).datasource(PROMETHEUS).editor_mode(QueryEditorMode.CODE).expr(query)


def color(mode: FieldColorModeId) -> FieldColor:
    """Return the rule by which Grafana colors values."""
    return FieldColor().mode(mode)


def steps(thresholds: Thresholds) -> ThresholdsConfig:
    """Return thresholds as an object of the SDK."""
    list_of_steps = [Threshold(color=color, value=value) for color, value in thresholds.items()]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(list_of_steps)
