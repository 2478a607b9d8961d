"""Plain settings of monitoring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.service.spec import Mount, on_machine

# As whom they run, each as somebody else: node-exporter sees the processes of its machine, and may read of those of its
# own user what they are given in secret. Of the numbers that neither Debian nor systemd gives to anybody.
USERS = {
    "node-exporter": "65521",
    "prometheus": "65522",
    "alertmanager": "65523",
    "blackbox": "65524",
    "elasticsearch-exporter": "65525",
    "grafana": "472",  # that of its image
}
WITH_DATA = ("prometheus", "alertmanager", "grafana")  # services that have a data volume, of the same name


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """The mail server of Grafana and Alertmanager; its password is a secret."""

    host: str
    port: int
    from_address: str
    username: str | None  # nobody logs in if unset


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """What a preview shows of monitoring."""

    machine: str  # that has the data of Prometheus, Grafana and Alertmanager
    folders: Mapping[str, str]  # on that machine, by service
    domain: str | None  # in links
    scrape_interval_s: int
    retention_time: str  # "15d"
    retention_size: str  # "5GB"
    email_to: Sequence[str]  # who is told of alerts
    webhook: bool  # whether alerts are sent to the URL that is a secret
    smtp: Smtp | None
    nfs_machine: str | None  # that serves files, where there is one
    s3: bool  # whether there is an S3 service
    elasticsearch_url: str | None  # of a host's database, where it is measured
    prometheus_memory_limit_mib: int
    grafana_memory_limit_mib: int
    alertmanager_memory_limit_mib: int
    exporters_memory_limit_mib: int
    elasticsearch_memory_limit_mib: int

    @property
    def scrape_interval(self) -> str:
        """As Prometheus and Grafana write it."""
        return f"{self.scrape_interval_s}s"


def pinned(settings: MonitoringSettings) -> list[str]:
    """The constraint of a service with data: a volume is on one machine."""
    return on_machine(settings.machine)


def data(settings: MonitoringSettings, service: str, target: str) -> Mount:
    """The folder with the data of a service."""
    return Mount(type="bind", source=settings.folders[service], target=target)
