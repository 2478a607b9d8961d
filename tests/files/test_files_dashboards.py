"""Dashboards: what Grafana would take, and users would see: no unit, no legend, panels over each other, no data."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog import runtime
from grafana_foundation_sdk.models import prometheus, stat, table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from components.monitoring.dashboards.encoding import encode
from components.monitoring.exporters import COLLECTORS
from components.monitoring.grafana import DASHBOARDS as MADE_BY
from tests.files.monitored import FILES, RULES, configuration, run

TEXTS = {name: dashboard() for name, dashboard in MADE_BY.items()}
DASHBOARDS: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in TEXTS.items()}
PANELS: dict[str, dict[str, Any]] = {
    f"{name}: {panel['id']} {panel['title']}": panel
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if panel["type"] != "row"
}
SOURCE = {"type": "prometheus", "uid": "prometheus"}
MAX_BYTES = 60_000  # a Swarm config may have 500 kB; nobody reads that much
NODE = {  # the collectors that give them
    "cpu": r"cpu_\w+",
    "diskstats": r"disk_\w+",
    "filesystem": r"filesystem_\w+",
    "loadavg": r"load\d+",
    "meminfo": r"memory_\w+",
    "stat": "boot_time_seconds",
    "vmstat": r"vmstat_\w+",
}
METRICS = {  # the jobs that collect them
    "prometheus": "ALERTS",
    "node-exporter": f"node_({'|'.join(NODE.values())})",
    "cadvisor": r"container_\w+",
    "engine": r"(engine_daemon|swarm)_\w+|up",
    "traefik": r"(traefik|process)_\w+|up",
    "traefik-probe": r"probe_\w+",
    "nfs": r"probe_\w+",
    "s3": r"probe_\w+",
    "s3-requests": r"s3_\w+",
}
WORDS = {"and", "or", "on", "by"}  # of queries


def queries(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def filled_in(query: str) -> str:
    """A query as Grafana sends it."""
    return query.replace("$__rate_interval", "1m").replace("$node", ".+").replace("$service", ".+")


def metrics(query: str) -> set[str]:
    """The names in a query that are neither functions nor labels nor words."""
    bare = re.sub(r'"[^"]*"', '""', query)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on) \([^)]*\)", "", bare)
    return set(re.findall(r"\b[a-zA-Z_]\w*\b(?!\s*\()", bare)) - WORDS


@pytest.fixture
def jobs(tmp_path: Path) -> set[str]:
    """The names of all jobs of Prometheus."""
    main = configuration(tmp_path)
    files = [main, *tmp_path.glob("scrape.d/*")]
    return {job["job_name"] for file in files for job in yaml.safe_load(file.read_text())["scrape_configs"]}


class Read(builders.Dashboard):
    """A dashboard that the types of the SDK make of a text."""

    def __init__(self, text: str) -> None:
        super().__init__("")
        for panel in (stat, table, timeseries):
            runtime.register_panelcfg_variant(panel.variant_config())
        runtime.register_dataquery_variant(prometheus.variant_config())
        self._internal = Dashboard.from_json(json.loads(text))


def test_each_subject_has_a_dashboard() -> None:
    assert set(DASHBOARDS) == {"machines", "services", "traefik", "swarm", "nfs-s3"}


def test_data_source_of_panels_is_provisioned() -> None:
    provided = yaml.safe_load((FILES / "grafana" / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert SOURCE in [{key: source[key] for key in SOURCE} for source in provided]


def test_dashboards_have_distinct_uids_titles_and_descriptions() -> None:
    for key in ("uid", "title", "description"):
        assert len({dashboard[key] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS), key


def test_dashboards_have_distinct_queries() -> None:
    for one, other in combinations(DASHBOARDS.values(), 2):
        common = set(queries(one)) & set(queries(other))
        assert len(common) <= 1, common  # the number of services is a fact of both its dashboards


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_has_the_size_and_keys_that_grafana_takes(name: str) -> None:
    dashboard = DASHBOARDS[name]
    assert len(TEXTS[name].encode()) < MAX_BYTES
    assert dashboard["uid"] == ("nuvla-swarm" if name == "swarm" else f"nuvla-{name}")
    assert dashboard["id"] is None  # Grafana's own number
    assert dashboard["schemaVersion"] == 42


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_is_the_same_each_time_and_has_a_key_on_each_line(name: str) -> None:
    assert MADE_BY[name]() == TEXTS[name]
    assert TEXTS[name] == json.dumps(DASHBOARDS[name], indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_are_numbered_from_one_in_their_order(name: str) -> None:
    panels = DASHBOARDS[name]["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    places = [(panel["gridPos"]["y"], panel["gridPos"]["x"]) for panel in panels]
    assert places == sorted(places)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_types_of_the_sdk_know_each_key_of_a_dashboard(name: str) -> None:
    assert encode(Read(TEXTS[name])) == TEXTS[name]


def test_types_of_the_sdk_leave_out_keys_that_they_do_not_know() -> None:
    text = TEXTS["swarm"]
    for wrong in (text.replace('"gridPos"', '"gridpos"'), text.replace('"lineWidth"', '"linewidth"')):
        assert wrong != text != encode(Read(wrong))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_lie_within_24_columns_and_not_over_each_other(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert max(x for x, _ in cells) < 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("name", DASHBOARDS)
def test_variables_choose_machines_or_services_and_queries_use_them(name: str) -> None:
    variables = DASHBOARDS[name]["templating"]["list"]
    used = {word for query in queries(DASHBOARDS[name]) for word in re.findall(r"\$(\w+)", query)}
    assert used - {"__rate_interval"} == {variable["name"] for variable in variables} >= {"node"}
    for variable in variables:
        assert variable["datasource"] == SOURCE
        assert variable["multi"]
        assert variable["includeAll"]
        assert variable["allValue"] == ".+"


def test_each_panel_has_a_title_a_description_and_a_unit() -> None:
    wrong = [
        name
        for name, panel in PANELS.items()
        if not re.fullmatch(r"[A-Z][^\n]{1,40}", panel["title"])
        or not re.fullmatch(r"[A-Z0-9][^\n]{5,120}\.", panel["description"])
        or not panel["fieldConfig"]["defaults"]["unit"]
    ]
    assert wrong == []


def test_each_query_of_a_panel_has_its_letter_and_its_source() -> None:
    wrong = [
        name
        for name, panel in PANELS.items()
        if [target["refId"] for target in panel["targets"]] != list("ABCDEFGH")[: len(panel["targets"])]
        or any(source != SOURCE for source in (panel["datasource"], *(each["datasource"] for each in panel["targets"])))
    ]
    assert wrong == []


def test_each_line_of_a_graph_has_a_legend() -> None:
    graphs = {name: panel["targets"] for name, panel in PANELS.items() if panel["type"] == "timeseries"}
    assert [name for name, targets in graphs.items() if not all(each["legendFormat"] for each in targets)] == []


def test_query_of_a_stat_has_one_value_since_it_has_no_legend() -> None:
    one_value = re.compile(r"(round\(|\(|1 - )?(sum|avg|max|min|count)\(")
    stats = {name: panel["targets"] for name, panel in PANELS.items() if panel["type"] == "stat"}
    assert [name for name, targets in stats.items() if not all(one_value.match(each["expr"]) for each in targets)] == []


def test_promtool_can_read_each_query(tmp_path: Path) -> None:
    every = sorted({filled_in(query) for dashboard in DASHBOARDS.values() for query in queries(dashboard)})
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(every)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    assert f"{len(every)} rules found" in run("promtool", "check", "rules", file)


def test_queries_and_rules_ask_for_jobs_that_there_are(jobs: set[str]) -> None:
    texts = [*(query for board in DASHBOARDS.values() for query in queries(board)), *(f.read_text() for f in RULES)]
    asked = {job for text in texts for jobs in re.findall(r'\bjob=~?"([^"]+)"', text) for job in jobs.split("|")}
    assert asked <= jobs


def test_metrics_of_a_query_are_neither_its_functions_nor_its_labels() -> None:
    query = 'sum by (le, a) (rate(x_total{b=~"c|{d", e!="f"}[$__rate_interval])) / on (a) y and time() - z{g="h"} > 0'
    assert metrics(query) == {"x_total", "y", "z"}


def test_queries_ask_for_metrics_that_jobs_collect(jobs: set[str]) -> None:
    assert set(METRICS) <= jobs
    assert set(NODE) <= set(COLLECTORS)
    collected = re.compile("|".join(METRICS.values()))
    every = {query: metrics(query) for dashboard in DASHBOARDS.values() for query in queries(dashboard)}
    assert all(every.values())
    assert [query for query, names in every.items() if not all(map(collected.fullmatch, names))] == []


def test_no_query_asks_for_metrics_that_prometheus_drops() -> None:
    dropped = ["container_memory_failures_total", "grpc_.+"]
    assert all(f"regex: {name}\n" in (FILES / "prometheus.yml").read_text() for name in dropped)
    texts = [*(query for board in DASHBOARDS.values() for query in queries(board)), *(f.read_text() for f in RULES)]
    assert not [text for text in texts if re.search("|".join([*dropped, "container_label_"]), text)]
