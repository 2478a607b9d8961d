"""Dashboards: what Grafana would take, and users would see: no unit, no legend, panels over each other, no data."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.files.monitored import FILES, RULES, configuration, run

DASHBOARDS = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FILES.glob("dashboards/*.json"))
}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if panel["type"] != "row"
]
SOURCE = {"type": "prometheus", "uid": "prometheus"}
MAX_BYTES = 60_000  # a Swarm config may have 500 kB; nobody reads that much


def queries(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def filled_in(query: str) -> str:
    """A query as Grafana sends it."""
    return query.replace("$__rate_interval", "1m").replace("$node", ".+").replace("$service", ".+")


def test_there_is_one_for_each_subject() -> None:
    assert set(DASHBOARDS) == {"machines", "services", "traefik", "swarm", "nfs-s3"}


def test_the_data_source_that_they_name_is_provided() -> None:
    provided = yaml.safe_load((FILES / "grafana" / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert SOURCE in [{key: source[key] for key in SOURCE} for source in provided]


@pytest.mark.parametrize("key", ["uid", "title", "description"])
def test_no_two_are_alike(key: str) -> None:
    assert len({dashboard[key] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


def test_no_two_show_the_same() -> None:
    for one, other in combinations(DASHBOARDS.values(), 2):
        common = set(queries(one)) & set(queries(other))
        assert len(common) <= 1, common  # the number of services is a fact of both its dashboards


@pytest.mark.parametrize("name", DASHBOARDS)
def test_it_is_what_grafana_takes(name: str) -> None:
    dashboard = DASHBOARDS[name]
    assert (FILES / "dashboards" / f"{name}.json").stat().st_size < MAX_BYTES
    assert dashboard["uid"] == ("nuvla-swarm" if name == "swarm" else f"nuvla-{name}")
    assert dashboard["id"] is None  # Grafana's own number
    assert dashboard["schemaVersion"] == 42
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_are_within_24_columns_and_not_over_each_other(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert max(x for x, _ in cells) < 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("name", DASHBOARDS)
def test_variables_are_of_machines_or_services_and_used(name: str) -> None:
    variables = DASHBOARDS[name]["templating"]["list"]
    used = {word for query in queries(DASHBOARDS[name]) for word in re.findall(r"\$(\w+)", query)}
    assert used - {"__rate_interval"} == {variable["name"] for variable in variables} >= {"node"}
    for variable in variables:
        assert variable["datasource"] == SOURCE
        assert variable["multi"]
        assert variable["includeAll"]
        assert variable["allValue"] == ".+"


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{1,40}", panel["title"])
    assert re.fullmatch(r"[A-Z0-9][^\n]{5,120}\.", panel["description"])
    assert panel["fieldConfig"]["defaults"]["unit"]


@pytest.mark.parametrize("panel", PANELS)
def test_each_query_of_a_panel_has_its_source_and_its_legend(panel: dict[str, Any]) -> None:
    assert panel["datasource"] == SOURCE
    assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGH")[: len(panel["targets"])]
    for target in panel["targets"]:
        assert target["datasource"] == SOURCE
        if panel["type"] == "timeseries":
            assert target["legendFormat"]
        if panel["type"] == "stat":
            assert re.match(r"(round\(|\(|1 - )?(sum|avg|max|min|count)\(", target["expr"]), "one value, so no legend"


def test_promtool_can_read_each_query(tmp_path: Path) -> None:
    every = sorted({filled_in(query) for dashboard in DASHBOARDS.values() for query in queries(dashboard)})
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(every)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    assert f"{len(every)} rules found" in run("promtool", "check", "rules", file)


def test_queries_and_rules_ask_for_jobs_that_there_are(tmp_path: Path) -> None:
    main = configuration(tmp_path)
    jobs = {
        job["job_name"]
        for file in (main, *tmp_path.glob("scrape.d/*"))
        for job in yaml.safe_load(file.read_text())["scrape_configs"]
    }
    texts = [*(query for board in DASHBOARDS.values() for query in queries(board)), *(f.read_text() for f in RULES)]
    asked = {job for text in texts for jobs in re.findall(r'\bjob=~?"([^"]+)"', text) for job in jobs.split("|")}
    assert asked <= jobs


def test_no_query_asks_for_what_is_dropped_when_it_is_collected() -> None:
    dropped = ["container_memory_failures_total", "grpc_.+"]
    assert all(f"regex: {name}\n" in (FILES / "prometheus.yml").read_text() for name in dropped)
    texts = [*(query for board in DASHBOARDS.values() for query in queries(board)), *(f.read_text() for f in RULES)]
    assert not [text for text in texts if re.search("|".join([*dropped, "container_label_"]), text)]
