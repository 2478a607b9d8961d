"""components/monitoring/prometheus.py: Prometheus, with jobs and rules from files."""

from typing import Any

import pulumi
import yaml

from components.monitoring.own_files import OwnFiles
from components.monitoring.prometheus import RUNBOOKS_PATH, prometheus
from components.service.spec import Mount, Service
from tests.support.monitoring import context, parts
from tests.support.pulumi_run import Secret, build, start, value

ALWAYS = {"machines", "swarm", "services", "traefik", "certificates", "certificate-ends", "monitoring"}
PAGE = "https://a/prometheus/user/alerts.html"
CA_END = "2036-11-26T06:00:00.25+01:00"


def service(*, page: str = PAGE, known: bool = True, password: bool = False, **changed: Any) -> Service:
    """Return Prometheus; `known`: whether the address of the page is known before the deployment."""
    start()

    def make() -> Service:
        ends = {"nuvla": pulumi.Output.from_input("2027-11-29T06:00:00Z"), "ca": pulumi.Output.from_input(CA_END)}
        word = pulumi.Output.secret("WORD") if password else None
        url = page if known else pulumi.Output.from_input(page)
        given = parts(certificate_ends=ends, runbooks_url=url, scrape_password=word)
        return prometheus(context(**changed), given)

    return build(make)


def files(**changed: Any) -> dict[str, Any]:
    """Return the parsed files of Prometheus in YAML, by path."""
    given = {file.path: str(value(file.content)) for file in service(**changed).files}
    return {path: yaml.safe_load(text) for path, text in given.items() if path.endswith(".yml")}


def links(made: Service) -> set[str]:
    """Return the pages that alerts link to."""
    files = [yaml.safe_load(str(value(file.content))) for file in made.files if "/rules/" in file.path]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule]
    return {rule["annotations"]["runbook_url"].partition("#")[0] for rule in rules}


def below(folder: str, **changed: Any) -> set[str]:
    prefix = f"/etc/prometheus/{folder}/"
    return {path.removeprefix(prefix).removesuffix(".yml") for path in files(**changed) if path.startswith(prefix)}


def test_prometheus_retention_follows_the_settings() -> None:
    args = service().args
    assert "--storage.tsdb.retention.time=7d" in args
    assert "--storage.tsdb.retention.size=3GB" in args


def test_prometheus_is_served_below_its_path() -> None:
    for domain, url in ((None, "/prometheus"), ("example.org", "https://example.org/prometheus")):
        args = service(domain=domain).args
        assert f"--web.external-url={url}" in args
        assert "--web.route-prefix=/prometheus" in args


def test_prometheus_admin_interfaces_are_off() -> None:
    assert not [arg for arg in service().args if "lifecycle" in arg or "admin-api" in arg or "remote-write" in arg]


def test_prometheus_is_published_for_console_networks_behind_a_limited_login() -> None:
    labels = service().labels
    router = "traefik.http.routers.nuvla-swarm-prometheus"
    assert labels[f"{router}.rule"] == "(Path(`/prometheus`) || PathPrefix(`/prometheus/`))"
    assert labels[f"{router}.middlewares"].split(",") == [
        "nuvla-swarm-consoles@file",
        "nuvla-swarm-login-rate@file",
        "nuvla-swarm-prometheus-login@file",
    ]
    assert labels["traefik.http.services.nuvla-swarm-prometheus.loadbalancer.server.port"] == "9090"
    assert labels["traefik.swarm.network"] == "nuvla-swarm-web"
    assert list(service().ports) == []


def test_prometheus_logs_in_to_scrape_traefik() -> None:
    main = files()["/etc/prometheus/prometheus.yml"]
    logins = {job["job_name"]: job["basic_auth"] for job in main["scrape_configs"] if "basic_auth" in job}
    assert logins == {
        "traefik": {"username": "reader", "password_file": "/run/secrets/traefik-metrics-password"},
    }
    assert {secret.name: value(secret.content) for secret in service().secrets} == {
        "traefik-metrics-password": Secret("RESULT:metrics-password")
    }


def test_scrape_interval_follows_the_settings() -> None:
    assert files()["/etc/prometheus/prometheus.yml"]["global"] == {
        "scrape_interval": "20s",
        "evaluation_interval": "20s",
        "external_labels": {},
    }


def test_prometheus_has_jobs_and_rules_for_enabled_services() -> None:
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, set()),
        ({"nfs_machine": "worker-2"}, {"nfs"}),
        ({"s3": True}, {"s3"}),
        ({"nfs_machine": "worker-2", "s3": True}, {"nfs", "s3"}),
    ]
    for changed, watched in cases:
        assert below("scrape.d", **changed) == watched
        assert below("rules", **changed) == ALWAYS | watched


def test_nfs_job_finds_the_server_by_its_machine() -> None:
    (job,) = files(nfs_machine="worker-2")["/etc/prometheus/scrape.d/nfs.yml"]["scrape_configs"]
    assert {
        "source_labels": ["__meta_dockerswarm_node_label_nuvla_swarm_machine"],
        "regex": "worker-2",
        "action": "keep",
    } in job["relabel_configs"]


def test_prometheus_reads_all_given_files() -> None:
    main = files(nfs_machine="worker-2")["/etc/prometheus/prometheus.yml"]
    assert main["rule_files"] == ["rules/*.yml"]
    assert main["scrape_config_files"] == ["scrape.d/*.yml"]
    assert "--config.file=/etc/prometheus/prometheus.yml" in service().args


def test_prometheus_data_are_on_its_machine() -> None:
    made = service()
    assert list(made.mounts) == [Mount(type="bind", source="/data/prometheus", target="/prometheus")]
    assert "--storage.tsdb.path=/prometheus" in made.args
    assert (made.constraints, made.replicas) == (["node.labels.nuvla-swarm.machine==worker-1"], 1)
    assert made.user == "65522"
    assert made.stop_grace_s == 60


def test_prometheus_health_is_its_own_check() -> None:
    assert service().health.command[-1] == "http://127.0.0.1:9090/prometheus/-/healthy"


def test_prometheus_has_the_given_networks_image_and_memory() -> None:
    made = service()
    assert dict(made.env) == {}
    assert [value(on.network.name) for on in made.networks] == ["web", "monitoring", "docker-api"]
    assert (made.name, made.image, made.memory_limit_mib) == ("prometheus", "prometheus:1", 1000)


def test_alerts_link_to_the_page_that_prometheus_serves() -> None:
    made = service()
    assert links(made) == {PAGE}
    (page,) = [file for file in made.files if file.name == "runbooks"]
    (option,) = [arg for arg in made.args if arg.startswith("--web.user-assets=")]
    assert page.path == f"{option.partition('=')[2]}/alerts.html"
    assert PAGE.endswith(RUNBOOKS_PATH)


def test_alerts_link_to_the_page_of_the_settings() -> None:
    page = "https://wiki.example.org/alerts"
    made = service(page=page, runbooks_url=page)
    assert links(made) == {page}
    assert not [file for file in made.files if file.name == "runbooks"]
    assert not [arg for arg in made.args if "user-assets" in arg]


def test_alerts_link_to_an_address_that_only_the_deployment_knows() -> None:
    assert links(service(known=False)) == {PAGE}


def test_own_rules_and_jobs_are_read_beside_the_programs() -> None:
    rules, jobs = {"groups": [{"name": "own", "rules": []}]}, {"scrape_configs": [{"job_name": "own"}]}
    own = OwnFiles(rules={"mine.yaml": yaml.safe_dump(rules)}, scrape={"mine.yml": yaml.safe_dump(jobs)})
    found = files(own=own)
    assert found["/etc/prometheus/rules/own-mine.yml"] == rules
    assert found["/etc/prometheus/scrape.d/own-mine.yml"] == jobs
    assert below("rules", own=own) == ALWAYS | {"own-mine"}


def test_password_of_own_jobs_is_a_secret_file() -> None:
    secrets = {secret.name: value(secret.content) for secret in service(password=True).secrets}
    assert secrets["scrape-password"] == Secret("WORD")


def test_certificate_ends_are_recorded_as_metrics() -> None:
    (group,) = files()["/etc/prometheus/rules/certificate-ends.yml"]["groups"]
    assert {rule["labels"]["holder"]: (rule["record"], rule["expr"]) for rule in group["rules"]} == {
        "ca": ("nuvla_swarm_certificate_end_seconds", "vector(2111288400)"),
        "nuvla": ("nuvla_swarm_certificate_end_seconds", "vector(1827468000)"),
    }
