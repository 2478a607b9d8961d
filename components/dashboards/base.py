"""Common parts of all dashboards: links, the choice of machines, the refresh interval."""

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

TAG = "nuvla-swarm"  # each dashboard links to all dashboards with this tag
Parts = Sequence[Row | Builder[Panel]]  # panels fill 24 columns from the left; a row begins a new line


def base_dashboard(
    uid: str,
    title: str,
    description: str,
    tags: Sequence[str],
    parts: Parts,
    *,
    variables: Sequence[QueryVariable] = (),
) -> Dashboard:
    """Return a dashboard of rows and panels; in their queries, `$node` stands for the chosen machines."""
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
    """Return a choice among the values of a query of Grafana; in queries, `$name` stands for the chosen values."""
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
