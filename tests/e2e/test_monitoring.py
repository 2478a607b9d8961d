"""The monitoring of a target: targets, dashboards, rules and alerts, and the logins that protect them."""

import json
import os
import re
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
import requests
import yaml

from components import catalog
from tests.e2e.harness import SCRIPTS, Stack
from tests.e2e.prometheus import SCRAPE_TIMEOUT_S, Prometheus
from tests.e2e.waiting import wait_for
from tests.support.checkout import CHECKOUT

DASHBOARDS = {name: json.loads(text) for name, text in sorted(catalog.dashboard_texts().items())}
RULES = {name: CHECKOUT / "components" / path for name, path in catalog.rules(catalog.FEATURES)}
MACHINES = {"manager-1", "worker-1", "worker-2"}
# Jobs of Prometheus -> number of targets.
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
def prometheus(outputs: dict[str, Any], user_session: requests.Session) -> Prometheus:
    return Prometheus.from_outputs(outputs, user_session)


def test_prometheus_accepts_only_the_exported_login(prometheus: Prometheus) -> None:
    name, password = prometheus.login
    for wrong in (None, (name, "admin"), ("nobody", password)):
        assert prometheus.session.get(prometheus.url, auth=wrong, timeout=10).status_code == 401, wrong
    right = prometheus.session.get(f"{prometheus.url}-/healthy", auth=prometheus.login, timeout=10)
    assert right.status_code == 200


def test_grafana_accepts_only_the_exported_login_and_has_the_dashboards(
    outputs: dict[str, Any], user_session: requests.Session
) -> None:
    url, login = outputs["urls"]["grafana"].rstrip("/"), outputs["logins"]["grafana"]
    assert user_session.get(f"{url}/api/health", timeout=10).json()["database"] == "ok"
    for wrong in (None, ("admin", "admin"), (login["username"], "admin")):
        assert user_session.get(f"{url}/api/search", auth=wrong, timeout=10).status_code == 401, wrong
    entries = user_session.get(f"{url}/api/search", auth=(login["username"], login["password"]), timeout=10).json()
    provided = {dashboard["title"] for dashboard in DASHBOARDS.values()}
    assert {dashboard["title"] for dashboard in entries if dashboard["type"] == "dash-db"} == provided


def test_each_scrape_target_is_listed_once_and_up(prometheus: Prometheus) -> None:
    targets: list[Any] = []

    def all_are_up() -> bool:
        targets[:] = prometheus.api("targets", state="active")["activeTargets"]
        pools = Counter(target["scrapePool"] for target in targets if target["health"] == "up")
        return pools == TARGETS and len(targets) == sum(TARGETS.values())

    try:
        wait_for(all_are_up, "every target is up", SCRAPE_TIMEOUT_S)
    except AssertionError as error:
        states = [
            (target["scrapePool"], target["scrapeUrl"], target["health"], target["lastError"]) for target in targets
        ]
        raise AssertionError(states) from error
    for job in ("node-exporter", "cadvisor", "engine"):
        assert {series["metric"]["node"] for series in prometheus.series(f'up{{job="{job}"}}')} == MACHINES, job


def test_probes_of_nfs_s3_and_traefik_succeed(prometheus: Prometheus) -> None:
    wait_for(lambda: len(prometheus.series("probe_success == 1")) == 3, "three probes succeed", SCRAPE_TIMEOUT_S)
    assert {series["metric"]["job"] for series in prometheus.series("probe_success")} == {"nfs", "s3", "traefik-probe"}


def panels(dashboard: Any) -> list[Any]:
    """Return the panels of a dashboard, with those in collapsed rows."""
    return [inner for panel in dashboard["panels"] for inner in (panel, *panel.get("panels", []))]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_queries_of_a_dashboard_have_data(prometheus: Prometheus, name: str) -> None:
    dashboard = DASHBOARDS[name]
    waiting = {
        f"{panel['title']}: {query['expr']}": re.sub(r"\$\{?__\w+\}?", "1m", query["expr"])
        for panel in panels(dashboard)
        for query in panel.get("targets", [])
    }
    for variable in dashboard["templating"]["list"]:
        waiting = {
            query_name: re.sub(rf"\${{?{variable['name']}\b}}?", ".+", text) for query_name, text in waiting.items()
        }
    assert waiting
    assert not [text for text in waiting.values() if "$" in re.sub(r'\$"', "", text)], "an unknown variable"

    def all_have_data() -> bool:
        for query_name in [query_name for query_name, text in waiting.items() if prometheus.series(text)]:
            del waiting[query_name]
        return not waiting

    try:
        wait_for(all_have_data, f"every query of {name} has data", SCRAPE_TIMEOUT_S)
    except AssertionError as error:
        raise AssertionError("\n".join(["no data:", *waiting])) from error


OF_OTHERS = ("elasticsearch", "virtual_ip")  # rules of a host, and of managers with a virtual IP


def rules(name: str) -> list[Any]:
    document = yaml.safe_load(RULES[name].read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("name", [name for name in RULES if name not in OF_OTHERS])
def test_rules_are_loaded_and_their_expressions_are_valid(prometheus: Prometheus, name: str) -> None:
    loaded = {rule["name"]: rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]}
    assert rules(name)
    for rule in rules(name):
        loaded_rule = loaded[rule.get("alert") or rule["record"]]
        assert loaded_rule.get("lastError", "") == ""
        prometheus.series(rule["expr"])


def test_watchdog_alone_fires_and_reaches_alertmanager(prometheus: Prometheus) -> None:
    sent = 'alertmanager_alerts{state="active"} >= 1'
    wait_for(lambda: prometheus.series(sent) != [], "Alertmanager has the watchdog", SCRAPE_TIMEOUT_S)
    alerts = prometheus.api("alerts")["alerts"]
    firing = [alert for alert in alerts if alert["state"] == "firing"]
    assert {alert["labels"]["alertname"] for alert in firing} - right_about_this_computer() == {"Watchdog"}, firing


def right_about_this_computer() -> set[str]:
    """Return alerts that a busy computer causes after a quarter of an hour: local machines show its load as theirs."""
    of_each_core = os.getloadavg()[2] / len(os.sched_getaffinity(0))
    return {"MachineCpuBusy", "MachineLoadHigh"} if of_each_core > 1 else set()


def test_cadvisor_that_starts_without_docker_api_is_restarted(full_target: Stack, prometheus: Prometheus) -> None:
    """Without a restart, cAdvisor would measure no container for as long as it runs, and report that it is healthy."""
    started = full_target.on("worker-1", "bash", "-c", (SCRIPTS / "start_cadvisor_without_docker.sh").read_text())
    assert started.code == 0, started.text
    list_healthy = ["docker", "ps", "--quiet", "--filter", "name=cadvisor.", "--filter", "health=healthy"]
    wait_for(
        lambda: full_target.on("worker-1", *list_healthy).text not in ("", started.text),
        "another cAdvisor is healthy",
        SCRAPE_TIMEOUT_S,
    )
    measured = 'container_start_time_seconds{node="worker-1", service="node-exporter"}'
    wait_for(lambda: prometheus.series(measured) != [], "containers are measured", SCRAPE_TIMEOUT_S)


def test_end_of_each_docker_api_certificate_is_measured(prometheus: Prometheus, outputs: dict[str, Any]) -> None:
    measured = {
        series["metric"]["holder"]: int(series["value"][1])
        for series in prometheus.series("nuvla_swarm_certificate_end_seconds")
    }
    assert measured == {
        holder: int(datetime.fromisoformat(end).timestamp()) for holder, end in outputs["certificates"].items()
    }
