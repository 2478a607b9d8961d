"""Deployment of monitoring."""

import pulumi

from components import catalog
from components.monitoring import MANIFEST
from components.monitoring.context import STATEFUL_SERVICES, MonitoringContext, MonitoringParts
from components.monitoring.stack import monitoring
from stacks.config.loader import Secrets
from stacks.swarm_platform import SwarmPlatform


def deploy_monitoring(platform: SwarmPlatform, secrets: Secrets) -> None:
    """Deploy monitoring, unless the settings switch it off."""
    settings, foundation = platform.settings, platform.foundation
    if not settings.monitoring.enabled:
        return
    context = MonitoringContext(
        settings=settings.monitoring,
        machine=settings.monitoring_machine,
        folders={name: foundation.volumes[name].path for name in STATEFUL_SERVICES},
        domain=settings.domain,
        webhook="alert_webhook_url" in secrets,
        nfs_machine=settings.nfs_machine if settings.has_nfs else None,
        ports=catalog.port_table(),
        s3=settings.has_s3,
        rules=catalog.rules(settings.features),
        scrapes=catalog.scrapes(settings.features),
        dashboards=catalog.dashboards(settings.features),
    )
    images = [*MANIFEST.images, *(["elasticsearch_exporter"] if "elasticsearch" in settings.features else [])]
    parts = MonitoringParts(
        images={name: platform.image(name) for name in images},
        monitoring=platform.monitoring,
        docker=platform.docker,
        web=platform.web,
        backend=platform.backend,
        grafana_login=platform.logins["grafana"],
        grafana_url=pulumi.Output.concat("https://", platform.address, "/grafana/"),
        traefik_login=platform.metrics_login,
        smtp_password=secrets.get("smtp_password"),
        webhook_url=secrets.get("alert_webhook_url"),
        # Without servers', so that a new manager changes no file.
        certificate_ends=foundation.certificates.client_ends | foundation.operator_ends(),
    )
    depends_on = [foundation.volumes[name].ready for name in STATEFUL_SERVICES]
    platform.stack("monitoring", monitoring(context, parts), settings.machines.names("manager", "worker"), depends_on)
