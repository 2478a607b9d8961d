"""components/monitoring/stack.py: all services of monitoring, and the networks between them."""

import json
from typing import Any

import pulumi
import yaml

from components import assets
from components.monitoring.stack import NETWORK, monitoring
from components.service.spec import Service, StackSpec
from tests.support.monitoring import LOGIN, context, parts
from tests.support.pulumi_run import build, start, value

NAMES = ["prometheus", "alertmanager", "grafana", "node-exporter", "cadvisor", "blackbox"]
DATABASE = "elasticsearch-exporter"


def spec(**changed: Any) -> StackSpec:
    start()

    def make() -> StackSpec:
        opened = {"webhook": pulumi.Output.secret("URL")}
        given = parts(smtp_password=pulumi.Output.secret("WORD"), receiver_secrets=opened)
        return monitoring(context(**changed), given)

    return build(make)


def services(**changed: Any) -> dict[str, Service]:
    return {service.name: service for service in spec(**changed).services}


def test_monitoring_services_have_their_own_images() -> None:
    assert {name: service.image for name, service in services().items()} == {name: f"{name}:1" for name in NAMES}


def test_monitoring_services_join_only_the_networks_they_need() -> None:
    on = {name: {value(one.network.name) for one in service.networks} for name, service in services().items()}
    assert on == {
        "prometheus": {"web", "monitoring", "docker-api"},
        "alertmanager": {"monitoring"},
        "grafana": {"web", "monitoring"},
        "node-exporter": {"monitoring"},
        "cadvisor": {"monitoring"},
        "blackbox": {"monitoring"},
    }


def test_secrets_reach_only_the_services_that_use_them() -> None:
    made = services(receivers=["email", "webhook"], email_to=["a@example.org"], smtp=LOGIN)
    assert {name: {secret.name for secret in service.secrets} for name, service in made.items() if service.secrets} == {
        "alertmanager": {"alert-webhook-url", "smtp-password"},
        "grafana": {"grafana-admin-password", "smtp-password"},
        "prometheus": {"traefik-metrics-password"},
    }


def test_elasticsearch_exporter_joins_the_backend_network_if_enabled() -> None:
    made = services(elasticsearch_url="http://es:9200")
    assert set(made) == {*NAMES, DATABASE}
    assert {value(one.network.name) for one in made[DATABASE].networks} == {"monitoring", "nuvla-backend"}
    assert list(made[DATABASE].args) == ["--es.uri=http://es:9200"]


def test_static_targets_are_monitoring_services() -> None:
    config = yaml.safe_load(assets.read("monitoring/files/prometheus.yml"))
    targets = {
        target.partition(":")[0]
        for job in config["scrape_configs"]
        for group in job.get("static_configs", [])
        for target in group["targets"]
    }
    assert targets - {"localhost"} <= set(NAMES)
    assert f";{NETWORK}" in assets.read("monitoring/files/prometheus.yml")


def test_single_services_run_on_the_machine_of_the_settings() -> None:
    made = services(machine="worker-2")
    constraints = {name: list(made[name].constraints) for name in ("prometheus", "alertmanager", "grafana", "blackbox")}
    assert constraints == {name: ["node.labels.nuvla-swarm.machine==worker-2"] for name in constraints}


def test_preview_shows_all_settings_of_monitoring_and_no_secret() -> None:
    shown = spec(smtp=LOGIN, email_to=["a@example.org"]).settings
    assert shown == context(smtp=LOGIN, email_to=["a@example.org"]).shown()
    assert not any(word in json.dumps(shown) for word in ("WORD", "URL"))
