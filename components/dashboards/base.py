"""Contains what all dashboards have in common: their links, their choice of machines, how they refresh."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DashboardLink,
    QueryVariable,
    Row,
    TimePicker,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import TimeZoneBrowser
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    Panel,
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from components.dashboards.fields import PROMETHEUS

TAG = "nuvla-swarm"  # each dashboard links to all that have this tag
Parts = Sequence[
    Row | Builder[Panel]
]  # Grafana fills the 24 columns with panels from the left; a row begins a new line


def base_dashboard(
    uid: str,
    title: str,
    description: str,
    tags: Sequence[str],
    parts: Parts,
    *,
    variables: Sequence[QueryVariable] = (),
) -> Dashboard:
    """Return a dashboard of rows and panels, whose queries have the chosen machines as `$node`."""
    dashboard = (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG, *tags])
        .editable()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .live_now(False)
        .refresh("30s")
        .version(1)
        .timezone(TimeZoneBrowser)
        .fiscal_year_start_month(0)
        .time("now-1h", "now")
        .timepicker(TimePicker())
        .annotations([])
        .link(
            DashboardLink(TAG)
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
            .icon("external link")
            .url("")
        )
        .variables([variable("node", "Machine", 'label_values(up{job="engine"}, node)'), *variables])
    )
    for part in parts:
        if isinstance(part, Row):
            dashboard.with_row(part)
        else:
            dashboard.with_panel(part)
    return dashboard


def variable(name: str, label: str, query: str) -> QueryVariable:
    """Return a choice of one, some or all values of a query of Grafana: queries have the chosen ones as `$name`."""
    return (
        QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .definition(query)
        .query({"qryType": 1, "query": query, "refId": "variable"})
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(VariableOption(text=["All"], value=["$__all"]))
        .options([])
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .hide(VariableHide.DONT_HIDE)
        .regex("")
    )
