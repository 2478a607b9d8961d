"""Monitoring: metrics, dashboards and alerts of an infrastructure."""

from components.manifest import DefaultImage, Manifest, Monitored, PublishedService, StoredData
from components.monitoring.users import NOBODY, owner

PATHS = {"prometheus": "/prometheus", "grafana": "/grafana"}  # on 443, by service

MANIFEST = Manifest(
    images={
        "prometheus": DefaultImage(
            reference="prom/prometheus:v3.15.0", description="Prometheus 3", service="prometheus"
        ),
        "alertmanager": DefaultImage(
            reference="prom/alertmanager:v0.34.1", description="Alertmanager", service="alertmanager"
        ),
        "grafana": DefaultImage(
            reference="grafana/grafana:13.2.3", description="Grafana, which shows the metrics", service="grafana"
        ),
        "node_exporter": DefaultImage(
            reference="prom/node-exporter:v1.12.1",
            description="exporter of metrics of machines",
            service="node-exporter",
        ),
        "cadvisor": DefaultImage(
            reference="ghcr.io/google/cadvisor:v0.60.6",
            description="exporter of metrics of containers",
            service="cadvisor",
        ),
        "blackbox": DefaultImage(
            reference="prom/blackbox-exporter:v0.28.0",
            description="exporter that probes addresses as users reach them",
            service="blackbox",
        ),
    },
    data={
        name: StoredData(
            description=description,
            owner=owner(name),
            former_owner="" if name == "grafana" else NOBODY,
            machine="monitoring_machine",
            feature="monitoring",
        )
        for name, description in {
            "prometheus": "metrics of Prometheus",
            "alertmanager": "silences of Alertmanager",
            "grafana": "users and dashboards of Grafana",
        }.items()
    },
    published=[PublishedService(name=name, path=path, feature="monitoring") for name, path in PATHS.items()],
    secrets={
        "smtp_password": "password of `monitoring.smtp.username`",
        "alert_webhook_url": "webhook URL that receives alerts from Alertmanager",
        "slack_webhook_url": "URL of a Slack incoming webhook that receives alerts",
        "teams_webhook_url": "URL of a Microsoft Teams workflow that receives alerts",
        "pagerduty_routing_key": "key of a PagerDuty integration *Events API v2* that receives alerts",
        "scrape_password": "password that your scrape jobs read from /run/secrets/scrape-password",
    },
    monitoring=Monitored(rules=["monitoring"], dashboard="swarm"),  # the swarm belongs to no single service
)
