"""Queries of dashboards and rules: what Prometheus can read, of jobs and metrics that there are."""

import json
import re
from pathlib import Path

import pytest
import yaml

from components import catalog
from components.monitoring.exporters import COLLECTORS
from tests.files.monitored import FILES, RULES, configuration, run
from tests.files.shipped import shipped

QUERIES = sorted(
    {
        target["expr"]
        for text in catalog.dashboard_texts().values()
        for panel in json.loads(text)["panels"]
        for target in panel.get("targets", [])
    }
)
EXPRESSIONS = [
    rule["expr"]
    for file in RULES
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
NODE = {  # the collectors that give them
    "cpu": r"cpu_\w+",
    "diskstats": r"disk_\w+",
    "filesystem": r"filesystem_\w+",
    "loadavg": r"load\d+",
    "meminfo": r"memory_\w+",
    "stat": "boot_time_seconds",
    "textfile": "textfile_mtime_seconds",
    "time": "time_seconds",
    "vmstat": r"vmstat_\w+",
}
# What scripts write for the collector of text files.
WRITTEN = {
    name
    for script in shipped(".sh")
    for name in re.findall(r'(?:# TYPE |echo ")(nuvla_swarm_\w+)', script.read_text(encoding="utf-8"))
}
# The jobs that collect them; a job of any other name collects metrics that begin with its name.
METRICS = {
    "prometheus": r"ALERTS|prometheus_\w+",
    "node-exporter": "|".join([f"node_({'|'.join(NODE.values())})", *sorted(WRITTEN)]),
    "cadvisor": r"container_\w+",
    "engine": r"(engine_daemon|swarm)_\w+|up",
    "traefik": r"(traefik|process)_\w+|up",
    "traefik-probe": r"probe_\w+",
    "nfs": r"probe_\w+",
    "s3": r"probe_\w+",
    "s3-requests": r"s3_\w+",
}
WORDS = {"and", "by", "on", "or", "unless"}  # of queries


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


@pytest.mark.tools("promtool")
def test_promtool_can_read_each_query(tmp_path: Path) -> None:
    every = sorted({filled_in(query) for query in QUERIES})
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(every)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    assert f"{len(every)} rules found" in run("promtool", "check", "rules", file)


def test_queries_and_rules_ask_for_jobs_that_there_are(jobs: set[str]) -> None:
    texts = [*QUERIES, *(file.read_text() for file in RULES)]
    asked = {job for text in texts for jobs in re.findall(r'\bjob=~?"([^"]+)"', text) for job in jobs.split("|")}
    assert asked <= jobs


def test_metrics_of_a_query_are_neither_its_functions_nor_its_labels() -> None:
    query = 'sum by (le, a) (rate(x_total{b=~"c|{d", e!="f"}[$__rate_interval])) / on (a) y and time() - z{g="h"} > 0'
    assert metrics(query) == {"x_total", "y", "z"}


def test_queries_and_rules_ask_for_metrics_that_jobs_collect(jobs: set[str]) -> None:
    assert set(METRICS) <= jobs
    assert set(NODE) <= set(COLLECTORS)
    own = (rf"{job.replace('-', '_')}_\w+" for job in jobs - set(METRICS))
    collected = re.compile("|".join((*METRICS.values(), *own)))
    every = {query: metrics(query) for query in [*QUERIES, *EXPRESSIONS]}
    assert [query for query, names in every.items() if not names] == ["vector(1)"], "a query without a metric"
    unknown = {query: [name for name in names if not collected.fullmatch(name)] for query, names in every.items()}
    assert {query: names for query, names in unknown.items() if names} == {}, "no job collects these: see METRICS"


def test_no_query_asks_for_metrics_that_prometheus_drops() -> None:
    dropped = ["container_memory_failures_total", "grpc_.+"]
    assert all(f"regex: {name}\n" in (FILES / "prometheus.yml").read_text() for name in dropped)
    texts = [*QUERIES, *(file.read_text() for file in RULES)]
    assert not [text for text in texts if re.search("|".join([*dropped, "container_label_"]), text)]
