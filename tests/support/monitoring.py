"""Settings of monitoring, for tests of its services."""

from dataclasses import replace
from typing import Any

from components.monitoring.settings import MonitoringSettings, Smtp

SMTP = Smtp(host="mail.example.org", port=25, from_address="swarm@example.org", username=None)
LOGIN = replace(SMTP, username="me")


def settings(**changed: Any) -> MonitoringSettings:
    """Monitoring of an infrastructure without anything special, with its data on `worker-1`."""
    given = MonitoringSettings(
        machine="worker-1",
        folders={name: f"/data/{name}" for name in ("prometheus", "alertmanager", "grafana")},
        domain=None,
        scrape_interval_s=20,
        retention_time="7d",
        retention_size="3GB",
        email_to=[],
        webhook=False,
        smtp=None,
        nfs_machine=None,
        s3=False,
        elasticsearch_url=None,
        prometheus_memory_limit_mib=1000,
        grafana_memory_limit_mib=500,
        alertmanager_memory_limit_mib=100,
        exporters_memory_limit_mib=200,
        elasticsearch_memory_limit_mib=50,
    )
    return replace(given, **changed)
