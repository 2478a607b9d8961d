"""Settings of monitoring."""

from collections import Counter
from typing import Any, Self

from pydantic import Field, model_validator

from components.fields import Duration, Email, Host, Section, SingleLineText, Size, Url


class PrometheusSettings(Section):
    """What collects the metrics and judges them."""

    scrape_interval_s: int = Field(15, ge=5, le=60, description="time between two collections of metrics")
    retention_time: Duration = Field("15d", description="age at which metrics are dropped")
    retention_size: Size = Field("5GB", description="size at which the oldest metrics are dropped")
    memory_limit_mib: int = Field(1024, ge=128, description="memory at which it is killed")


class GrafanaSettings(Section):
    """What shows the metrics."""

    memory_limit_mib: int = Field(512, ge=128, description="memory at which it is killed")


class AlertmanagerSettings(Section):
    """What tells people of alerts; a webhook is the secret `alert_webhook_url`."""

    email_to: list[Email] = Field([], description="who is told by e-mail; needs `monitoring.smtp`")
    memory_limit_mib: int = Field(128, ge=32, description="memory at which it is killed")


class ExportersSettings(Section):
    """What measures the machines and their containers."""

    memory_limit_mib: int = Field(256, ge=64, description="memory at which one of them is killed")


class ElasticsearchSettings(Section):
    """Metrics of the database of a host."""

    enabled: bool = Field(False, description="whether Elasticsearch is measured; only on a host")
    url: Url = Field("http://es:9200", description="where it answers on the backend network")
    memory_limit_mib: int = Field(64, ge=32, description="memory at which its exporter is killed")


class SmtpSettings(Section):
    """The mail server of Grafana and Alertmanager; its password is the secret `smtp_password`."""

    host: Host = Field(description="name of the mail server")
    port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    from_address: Email = Field(description="address that mails come from")
    username: SingleLineText | None = Field(None, description="who logs in to the mail server; nobody if unset")


class MonitoringSettings(Section):
    """Metrics, dashboards and alerts."""

    enabled: bool = Field(True, description="whether there is any monitoring")
    machine: str | None = Field(None, description="machine that keeps the metrics; the first manager if unset")
    prometheus: PrometheusSettings = Field(PrometheusSettings(), description="collects and judges metrics")
    grafana: GrafanaSettings = Field(GrafanaSettings(), description="shows metrics")
    alertmanager: AlertmanagerSettings = Field(AlertmanagerSettings(), description="tells people of alerts")
    exporters: ExportersSettings = Field(ExportersSettings(), description="measure machines and containers")
    elasticsearch: ElasticsearchSettings = Field(ElasticsearchSettings(), description="measures the database of a host")
    smtp: SmtpSettings | None = Field(None, description="mail server of Grafana and Alertmanager")

    @model_validator(mode="after")
    def _mails_have_a_server(self) -> Self:
        if self.alertmanager.email_to and self.smtp is None:
            raise ValueError("smtp: not given; required: the mail server, as monitoring.alertmanager.email_to is given")
        return self

    def shown(self) -> dict[str, Any]:
        """Return the plain settings as a preview shows them: flat, with the section before a key that several have."""
        sections = {name: part for name, part in self if isinstance(part, Section) and name != "smtp"}
        keys = Counter(key for part in sections.values() for key in type(part).model_fields)
        found: dict[str, Any] = {"smtp": self.smtp and self.smtp.model_dump()}
        for name, part in sections.items():
            for key, value in part:
                if key != "enabled":
                    found[key if keys[key] == 1 and name != "elasticsearch" else f"{name}_{key}"] = value
        if not self.elasticsearch.enabled:
            found["elasticsearch_url"] = None
        return found
