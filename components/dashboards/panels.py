"""Panels of single values and tables."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from grafana_foundation_sdk.builders.common import ReduceDataOptions, TableSortByFieldState
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    FieldTextAlignment,
    PercentChangeColorMode,
    TableAutoCellOptions,
    TableCellHeight,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from components.dashboards.fields import GREEN, PROMETHEUS, Thresholds, color, steps, target


def stat(
    title: str,
    description: str,
    unit: str,
    query: str,
    *,
    thresholds: Thresholds = GREEN,
    texts: Sequence[str] = (),
    sparkline: bool = False,
) -> Stat:
    """Return a panel of one value: the current one, or with `sparkline` the last one of the chosen time range.

    Grafana shows `texts` instead of the values 0, 1 and so on.
    """
    results = {str(number): ValueMappingResult(text=text, index=number) for number, text in enumerate(texts)}
    prometheus_query = target("A", query)
    return (
        Stat()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .height(4)
        .span(4)
        .unit(unit)
        .color_scheme(color(FieldColorModeId.THRESHOLDS))
        .thresholds(steps(thresholds))
        .mappings([ValueMap(options=results)] if results else [])
        .overrides([])
        .color_mode(BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.AREA if sparkline else BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.AUTO if sparkline else BigValueTextMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
        .show_percent_change(False)
        .percent_change_color_mode(PercentChangeColorMode.STANDARD)
        .with_target(prometheus_query.range() if sparkline else prometheus_query.instant())
    )


def table(
    title: str,
    description: str,
    queries: Sequence[str],
    *,
    columns: Mapping[str, str],
    column_units: Mapping[str, str],
    sort_by: str,
) -> Table:
    """Return a table of current values, with a row for each set of labels that the queries have in common.

    `columns` maps labels and values to headings. `Value #A` is the value of the first query, `Value #B` of the second;
    with a single query, `Value` is its value. `column_units` and `sort_by` refer to headings.
    """
    letters = ascii_uppercase[: len(queries)]
    values = [f"Value #{letter}" for letter in letters] if len(queries) > 1 else ["Value"]
    panel = (
        Table()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .height(8)
        .span(24)
        .unit(units.Short)
        .color_scheme(color(FieldColorModeId.THRESHOLDS))
        .thresholds(steps(GREEN))
        .mappings([])
        .align(FieldTextAlignment.AUTO)
        .cell_options(TableAutoCellOptions())
        .inspect(False)
        .show_header(True)
        .cell_height(TableCellHeight.SM)
        .sort_by([TableSortByFieldState().display_name(sort_by).desc(False)])
    )
    for letter, query in zip(letters, queries, strict=True):
        panel.with_target(target(letter, query).instant().format(PromQueryFormat.TABLE))
    if len(queries) > 1:
        panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    organize = {
        "excludeByName": dict.fromkeys(["Time", *(value for value in values if value not in columns)], True),
        "includeByName": {},
        "indexByName": {field: place for place, field in enumerate(columns)},
        "renameByName": dict(columns),
    }
    panel.with_transformation(DataTransformerConfig(id_val="organize", options=organize))
    for heading, unit in column_units.items():
        panel.override_by_name(heading, [DynamicConfigValue(id_val="unit", value=unit)])
    return panel
