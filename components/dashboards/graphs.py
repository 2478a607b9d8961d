"""Panels with lines over time."""

from collections.abc import Mapping
from string import ascii_uppercase

from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    GraphDrawStyle,
    GraphGradientMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    LineInterpolation,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId

from components.dashboards.fields import GREEN, PROMETHEUS, color, steps, target

Queries = Mapping[str, str]  # legend -> query; `{{node}}` in a legend stands for the label `node`


def graph(
    title: str, description: str, unit: str, queries: Queries, *, stacked: bool = False, red_from: float | None = None
) -> TimeSeries:
    """Return a panel of lines from 0 up, with a dashed red line at `red_from`."""
    return _lines(title, description, unit, queries, stacked=stacked, red_from=red_from).min(0)


def percent_graph(title: str, description: str, queries: Queries, *, red_from: float | None = None) -> TimeSeries:
    """Return a panel of lines from 0 to 100 %; values of the queries are from 0 to 1."""
    return graph(title, description, units.PercentUnit, queries, red_from=red_from).max(1)


def count_graph(title: str, description: str, queries: Queries, *, stacked: bool = False) -> TimeSeries:
    """Return a panel of whole numbers, drawn as steps."""
    panel = graph(title, description, units.Short, queries, stacked=stacked)
    return panel.decimals(0).line_interpolation(LineInterpolation.STEP_AFTER)


def mirrored_graph(title: str, description: str, unit: str, queries: Queries) -> TimeSeries:
    """Return a panel of two directions: Grafana draws the first query above the zero line, the second below."""
    panel = _lines(title, description, unit, queries).axis_centered_zero(True)
    return panel.override_by_query("B", [DynamicConfigValue(id_val="custom.transform", value="negative-Y")])


def legend(*calculations: str) -> VizLegendOptions:
    """Return the legend below the graph: a list of names, or a table with these calculations of each line."""
    mode = LegendDisplayMode.TABLE if calculations else LegendDisplayMode.LIST
    return (
        VizLegendOptions().display_mode(mode).placement(LegendPlacement.BOTTOM).show_legend(True).calcs([*calculations])
    )


def _lines(
    title: str, description: str, unit: str, queries: Queries, *, stacked: bool = False, red_from: float | None = None
) -> TimeSeries:
    dashed = GraphThresholdsStyleMode.OFF if red_from is None else GraphThresholdsStyleMode.DASHED
    panel = (
        TimeSeries()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .height(8)
        .span(12)
        .unit(unit)
        .color_scheme(color(FieldColorModeId.PALETTE_CLASSIC))
        .thresholds(steps(GREEN if red_from is None else {"transparent": None, "red": red_from}))
        .thresholds_style(GraphThresholdsStyleConfig().mode(dashed))
        .mappings([])
        .overrides([])
        .draw_style(GraphDrawStyle.LINE)
        .line_interpolation(LineInterpolation.LINEAR)
        .line_width(1)
        .fill_opacity(25 if stacked else 8)
        .gradient_mode(GraphGradientMode.NONE)
        .show_points(VisibilityMode.NEVER)
        .span_nulls(False)
        .axis_placement(AxisPlacement.AUTO)
        .stacking(StackingConfig().group("A").mode(StackingMode.NORMAL if stacked else StackingMode.NONE))
        .legend(legend())
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    for letter, (name, query) in zip(ascii_uppercase[: len(queries)], queries.items(), strict=True):
        panel.with_target(target(letter, query).legend_format(name).range())
    return panel
