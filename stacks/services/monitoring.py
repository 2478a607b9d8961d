"""Deployment of monitoring."""

import pulumi

from components import catalog
from components.monitoring import MANIFEST, own_files
from components.monitoring.context import STATEFUL_SERVICES, MonitoringContext, MonitoringParts
from components.monitoring.prometheus import RUNBOOKS_PATH
from components.monitoring.receivers import SECRET_RECEIVERS
from components.monitoring.stack import monitoring
from stacks.config.loader import Secrets
from stacks.swarm_platform import SwarmPlatform


def _served_runbooks(address: pulumi.Input[str]) -> pulumi.Input[str]:
    """Return the URL of the runbooks that Prometheus serves; plain text where the address is known."""
    if isinstance(address, str):
        return f"https://{address}{RUNBOOKS_PATH}"
    return pulumi.Output.concat("https://", address, RUNBOOKS_PATH)


def deploy_monitoring(platform: SwarmPlatform, secrets: Secrets) -> None:
    """Deploy monitoring, unless the settings switch it off."""
    settings, foundation = platform.settings, platform.foundation
    if not settings.monitoring.enabled:
        return
    receiver_secrets = {
        name: secrets[receiver.secret] for name, receiver in SECRET_RECEIVERS.items() if receiver.secret in secrets
    }
    context = MonitoringContext(
        settings=settings.monitoring,
        machine=settings.monitoring_machine,
        folders={name: foundation.volumes[name].path for name in STATEFUL_SERVICES},
        domain=settings.domain,
        receivers=[*(["email"] if settings.monitoring.alertmanager.email_to else []), *receiver_secrets],
        scrape_password="scrape_password" in secrets,
        nfs_machine=settings.nfs_machine if settings.has_nfs else None,
        ports=catalog.port_table(),
        s3=settings.has_s3,
        rules=catalog.rules(settings.features),
        scrapes=catalog.scrapes(settings.features),
        dashboards=catalog.dashboards(settings.features),
        own=own_files.read(settings.monitoring.files)[0],
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
        receiver_secrets=receiver_secrets,
        scrape_password=secrets.get("scrape_password"),
        runbooks_url=settings.monitoring.runbooks_url or _served_runbooks(platform.address),
        # Without servers', so that a new manager changes no file.
        certificate_ends=foundation.certificates.client_ends | foundation.operator_ends(),
    )
    depends_on = [foundation.volumes[name].ready for name in STATEFUL_SERVICES]
    platform.stack("monitoring", monitoring(context, parts), settings.machines.names("manager", "worker"), depends_on)
