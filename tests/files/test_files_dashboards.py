"""Dashboards: what Grafana would take, and users would see: no unit, no legend, panels over each other, no data."""

import json
import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from components import catalog
from components.dashboards.encoding import encode
from tests.files.monitored import FILES
from tests.support.grafana_types import Read

TEXTS = catalog.dashboard_texts()
DASHBOARDS: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in TEXTS.items()}
PANELS: dict[str, dict[str, Any]] = {
    f"{name}: {panel['id']} {panel['title']}": panel
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if panel["type"] != "row"
}
SOURCE = {"type": "prometheus", "uid": "prometheus"}
MAX_BYTES = 60_000  # a Swarm config may have 500 kB; nobody reads that much


def queries(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_each_subject_has_a_dashboard() -> None:
    assert {"machines", "services", "traefik", "swarm", "nfs-s3"} <= set(DASHBOARDS)


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
    assert catalog.dashboard_texts()[name] == TEXTS[name]
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
