"""The services of monitoring, from exporters to alerts."""

from components.monitoring.alertmanager import alertmanager
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.exporters import blackbox, cadvisor, elasticsearch_exporter, node_exporter
from components.monitoring.grafana import grafana
from components.monitoring.prometheus import prometheus
from components.service.spec import StackSpec

NETWORK = "monitoring"  # prometheus.yml collects over it


def monitoring(context: MonitoringContext, parts: MonitoringParts) -> StackSpec:
    """Return exporters on every machine, and the other services on the machine that has their data."""
    services = [
        service(context, parts) for service in (prometheus, alertmanager, grafana, node_exporter, cadvisor, blackbox)
    ]
    if context.settings.elasticsearch.enabled and parts.backend is not None:
        services.append(elasticsearch_exporter(context, parts))
    return StackSpec(services=services, settings=context.shown())
