"""What is measured of a target, and who may see it."""

import json
import re
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
import requests
import yaml

from components import catalog
from tests.e2e.harness import CHECKOUT, Stack
from tests.e2e.port_probes import SCRIPTS
from tests.e2e.prometheus import PATIENCE_S, Prometheus
from tests.e2e.waiting import wait_for

FILES = CHECKOUT / "components/monitoring/files"
DASHBOARDS = {name: json.loads(text) for name, text in sorted(catalog.dashboard_texts().items())}
RULES = sorted(path.name for path in (FILES / "rules").glob("*.yml"))
MACHINES = {"manager-1", "worker-1", "worker-2"}
# Prometheus' jobs, and how many targets each has.
TARGETS = {
    "alertmanager": 1,
    "blackbox": 1,
    "cadvisor": 3,
    "engine": 3,
    "grafana": 1,
    "nfs": 1,
    "node-exporter": 3,
    "prometheus": 1,
    "s3": 1,
    "s3-requests": 1,
    "traefik": 1,
    "traefik-probe": 1,
}


@pytest.fixture(scope="module")
def prometheus(exported: dict[str, Any], user: requests.Session) -> Prometheus:
    return Prometheus.of(exported, user)


def test_prometheus_asks_for_the_login_that_the_program_made(prometheus: Prometheus) -> None:
    name, password = prometheus.login
    for wrong in (None, (name, "admin"), ("nobody", password)):
        assert prometheus.user.get(prometheus.url, auth=wrong, timeout=10).status_code == 401, wrong
    right = prometheus.user.get(f"{prometheus.url}-/healthy", auth=prometheus.login, timeout=10)
    assert right.status_code == 200


def test_grafana_answers_and_asks_for_its_login(exported: dict[str, Any], user: requests.Session) -> None:
    url, login = exported["urls"]["grafana"].rstrip("/"), exported["logins"]["grafana"]
    assert user.get(f"{url}/api/health", timeout=10).json()["database"] == "ok"
    for given in (None, ("admin", "admin"), (login["username"], "admin")):
        assert user.get(f"{url}/api/search", auth=given, timeout=10).status_code == 401, given
    found = user.get(f"{url}/api/search", auth=(login["username"], login["password"]), timeout=10).json()
    provided = {dashboard["title"] for dashboard in DASHBOARDS.values()}
    assert {dashboard["title"] for dashboard in found if dashboard["type"] == "dash-db"} == provided


def test_every_target_is_there_once_and_up(prometheus: Prometheus) -> None:
    found: list[Any] = []

    def all_are_up() -> bool:
        found[:] = prometheus.ask("targets", state="active")["activeTargets"]
        pools = Counter(target["scrapePool"] for target in found if target["health"] == "up")
        return pools == TARGETS and len(found) == sum(TARGETS.values())

    try:
        wait_for(all_are_up, "every target is up", PATIENCE_S)
    except AssertionError as error:
        shown = [(target["scrapePool"], target["scrapeUrl"], target["health"], target["lastError"]) for target in found]
        raise AssertionError(shown) from error
    for job in ("node-exporter", "cadvisor", "engine"):
        assert {series["metric"]["node"] for series in prometheus.series(f'up{{job="{job}"}}')} == MACHINES, job


def test_the_probes_succeed(prometheus: Prometheus) -> None:
    wait_for(lambda: len(prometheus.series("probe_success == 1")) == 3, "three probes succeed", PATIENCE_S)
    assert {series["metric"]["job"] for series in prometheus.series("probe_success")} == {"nfs", "s3", "traefik-probe"}


def panels(dashboard: Any) -> list[Any]:
    """Its panels, those in closed rows too."""
    return [inner for panel in dashboard["panels"] for inner in (panel, *panel.get("panels", []))]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_query_of_a_dashboard_has_data(prometheus: Prometheus, name: str) -> None:
    dashboard = DASHBOARDS[name]
    waiting = {
        f"{panel['title']}: {query['expr']}": re.sub(r"\$\{?__\w+\}?", "1m", query["expr"])
        for panel in panels(dashboard)
        for query in panel.get("targets", [])
    }
    for variable in dashboard["templating"]["list"]:
        waiting = {what: re.sub(rf"\${{?{variable['name']}\b}}?", ".+", text) for what, text in waiting.items()}
    assert waiting
    assert not [text for text in waiting.values() if "$" in re.sub(r'\$"', "", text)], "an unknown variable"

    def all_have_data() -> bool:
        for what in [what for what, text in waiting.items() if prometheus.series(text)]:
            del waiting[what]
        return not waiting

    try:
        wait_for(all_have_data, f"every query of {name} has data", PATIENCE_S)
    except AssertionError as error:
        raise AssertionError("\n".join(["no data:", *waiting])) from error


def rules(name: str) -> list[Any]:
    document = yaml.safe_load((FILES / "rules" / name).read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("name", [name for name in RULES if name != "elasticsearch.yml"])  # that is a host's
def test_every_rule_is_loaded_and_no_expression_errs(prometheus: Prometheus, name: str) -> None:
    loaded = {rule["name"]: rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]}
    assert rules(name)
    for rule in rules(name):
        of_rule = loaded[rule.get("alert") or rule["record"]]
        assert of_rule.get("lastError", "") == ""
        prometheus.series(rule["expr"])


def test_no_alert_fires_but_the_watchdog_which_reaches_alertmanager(prometheus: Prometheus) -> None:
    sent = 'alertmanager_alerts{state="active"} >= 1'
    wait_for(lambda: prometheus.series(sent) != [], "Alertmanager has the watchdog", PATIENCE_S)
    alerts = prometheus.ask("alerts")["alerts"]
    firing = [alert for alert in alerts if alert["state"] == "firing"]
    assert {alert["labels"]["alertname"] for alert in firing} == {"Watchdog"}, firing


def test_a_cadvisor_that_found_no_docker_api_when_it_started_is_started_again(
    whole: Stack, prometheus: Prometheus
) -> None:
    """It would measure no container for as long as it runs, and call itself healthy."""
    deaf = whole.on("worker-1", "bash", "-c", (SCRIPTS / "start_cadvisor_without_docker.sh").read_text())
    assert deaf.code == 0, deaf.text
    listed = ["docker", "ps", "--quiet", "--filter", "name=cadvisor.", "--filter", "health=healthy"]
    wait_for(lambda: whole.on("worker-1", *listed).text not in ("", deaf.text), "another one is healthy", PATIENCE_S)
    measured = 'container_start_time_seconds{node="worker-1", service="node-exporter"}'
    wait_for(lambda: prometheus.series(measured) != [], "containers are measured", PATIENCE_S)


def test_the_end_of_each_certificate_of_dockers_api_is_known(prometheus: Prometheus, exported: dict[str, Any]) -> None:
    found = {
        one["metric"]["holder"]: int(one["value"][1])
        for one in prometheus.series("nuvla_swarm_certificate_end_seconds")
    }
    assert found == {
        holder: int(datetime.fromisoformat(end).timestamp()) for holder, end in exported["certificates"].items()
    }
