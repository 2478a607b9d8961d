"""Settings and resources of monitoring, for tests of its services."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from components import catalog
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.own_files import OwnFiles
from components.monitoring.settings import MonitoringSettings, SmtpSettings
from components.service.login import Login
from tests.support.builders import network

SMTP = SmtpSettings(host="mail.example.org", port=25, from_address="swarm@example.org")
LOGIN = SMTP.model_copy(update={"username": "me"})
SECTIONS: dict[str, Any] = {
    "prometheus": {
        "scrape_interval_s": 20,
        "retention_time": "7d",
        "retention_size": "3GB",
        "memory_limit_mib": 1000,
    },
    "grafana": {"memory_limit_mib": 500},
    "exporters": {"memory_limit_mib": 200},
}


def context(
    *,
    email_to: Sequence[str] = (),
    smtp: SmtpSettings | None = None,
    elasticsearch_url: str | None = None,
    alertmanager: Mapping[str, Any] | None = None,
    runbooks_url: str | None = None,
    **changed: Any,
) -> MonitoringContext:
    """Return monitoring with its data on `worker-1`, and with the rules, jobs and dashboards of what it watches."""
    elasticsearch = {"enabled": True, "url": elasticsearch_url} if elasticsearch_url else {}
    settings = MonitoringSettings.model_validate(
        {
            **SECTIONS,
            "alertmanager": {"email_to": list(email_to), "memory_limit_mib": 100, **(alertmanager or {})},
            "runbooks_url": runbooks_url,
            "elasticsearch": {**elasticsearch, "memory_limit_mib": 50},
            "smtp": smtp,
        }
    )
    watched = {"nfs": "nfs_machine" in changed, "s3": "s3" in changed, "elasticsearch": bool(elasticsearch_url)}
    features = [feature for feature, is_watched in watched.items() if is_watched]
    given = MonitoringContext(
        settings=settings,
        machine="worker-1",
        folders={name: f"/data/{name}" for name in ("prometheus", "alertmanager", "grafana")},
        domain=None,
        receivers=["email"] if email_to else [],
        scrape_password=False,
        own=OwnFiles(),
        nfs_machine=None,
        ports=catalog.port_table(),
        s3=False,
        rules=catalog.rules(features),
        scrapes=catalog.scrapes(features),
        dashboards=catalog.dashboards(features),
    )
    return replace(given, **changed)


def parts(**changed: Any) -> MonitoringParts:
    """Return resources for monitoring, without secrets of the user. To be called within `build`."""
    images = [*catalog.MANIFESTS["monitoring"].images, "elasticsearch_exporter"]
    given = MonitoringParts(
        images={name: f"{name.replace('_', '-')}:1" for name in images},
        monitoring=network("monitoring"),
        docker=network("docker-api"),
        web=network("web"),
        backend=network("nuvla-backend"),
        grafana_login=Login("login", "boss"),
        grafana_url="https://a/grafana/",
        traefik_login=Login("metrics", "reader"),
        smtp_password=None,
        receiver_secrets={},
        scrape_password=None,
        runbooks_url="https://a/prometheus/user/alerts.html",
        certificate_ends={"nuvla": pulumi.Output.from_input("2027-11-29T06:00:00Z")},
    )
    return replace(given, **changed)
