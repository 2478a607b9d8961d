"""The stack of the services of monitoring."""

from components.monitoring.alertmanager import alertmanager
from components.monitoring.context import MonitoringContext, MonitoringParts
from components.monitoring.exporters import blackbox, cadvisor, elasticsearch_exporter, node_exporter
from components.monitoring.grafana import grafana
from components.monitoring.prometheus import prometheus
from components.service.spec import StackSpec

NETWORK = "monitoring"  # Prometheus scrapes over it


def monitoring(context: MonitoringContext, parts: MonitoringParts) -> StackSpec:
    """Return the stack: exporters on every machine, the other services on the machine that has the data."""
    services = [
        service(context, parts) for service in (prometheus, alertmanager, grafana, node_exporter, cadvisor, blackbox)
    ]
    if context.settings.elasticsearch.enabled and parts.backend is not None:
        services.append(elasticsearch_exporter(context, parts))
    return StackSpec(services=services, settings=context.shown())
