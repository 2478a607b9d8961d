"""Settings of monitoring: Prometheus, Grafana, Alertmanager and the exporters."""

from collections import Counter
from typing import Any, Self

from pydantic import Field, model_validator

from components.fields import Duration, Email, Host, Section, SingleLineText, Size, Url, memory_limit


class PrometheusSettings(Section):
    """Prometheus, which collects and stores metrics and evaluates alerts."""

    scrape_interval_s: int = Field(15, ge=5, le=60, description="seconds between two collections of metrics")
    retention_time: Duration = Field("15d", description="age at which Prometheus deletes metrics")
    retention_size: Size = Field("5GB", description="disk size at which Prometheus deletes its oldest metrics")
    memory_limit_mib: int = memory_limit(1024, least=128, process="Prometheus")


class GrafanaSettings(Section):
    """Grafana, which shows metrics in dashboards."""

    memory_limit_mib: int = memory_limit(512, least=128, process="Grafana")


class AlertmanagerSettings(Section):
    """Alertmanager, which sends alerts by e-mail, and to the URL of the secret `alert_webhook_url`."""

    email_to: list[Email] = Field([], description="e-mail addresses that receive alerts; requires `monitoring.smtp`")
    memory_limit_mib: int = memory_limit(128, least=32, process="Alertmanager")


class ExportersSettings(Section):
    """Exporters, which measure machines, containers and public addresses."""

    memory_limit_mib: int = memory_limit(256, least=64, process="each exporter")


class ElasticsearchSettings(Section):
    """The exporter of metrics of a host's Elasticsearch."""

    enabled: bool = Field(False, description="whether to collect metrics of Elasticsearch; only on a host")
    url: Url = Field(
        "http://es:9200", examples=["http://es:9200"], description="URL of Elasticsearch on the backend network"
    )
    memory_limit_mib: int = memory_limit(64, least=32, process="the exporter")


class SmtpSettings(Section):
    """The mail server of Grafana and Alertmanager; its password is the secret `smtp_password`."""

    host: Host = Field(description="host name of the mail server")
    port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    from_address: Email = Field(description="sender address of mails")
    username: SingleLineText | None = Field(
        None, examples=["alerts@example.org"], description="user name at the mail server; no login if unset"
    )


class MonitoringSettings(Section):
    """Metrics, dashboards and alerts."""

    enabled: bool = Field(True, description="whether to deploy monitoring")
    machine: str | None = Field(None, description="machine that stores the metrics; the first active manager if unset")
    prometheus: PrometheusSettings = Field(PrometheusSettings(), description="settings of Prometheus")
    grafana: GrafanaSettings = Field(GrafanaSettings(), description="settings of Grafana")
    alertmanager: AlertmanagerSettings = Field(AlertmanagerSettings(), description="settings of Alertmanager")
    exporters: ExportersSettings = Field(ExportersSettings(), description="settings of the exporters")
    elasticsearch: ElasticsearchSettings = Field(
        ElasticsearchSettings(), description="settings of the exporter of Elasticsearch"
    )
    smtp: SmtpSettings | None = Field(None, description="mail server of Grafana and Alertmanager")

    @model_validator(mode="after")
    def _mails_have_a_server(self) -> Self:
        """`monitoring.alertmanager.email_to` requires `monitoring.smtp`."""
        if self.alertmanager.email_to and self.smtp is None:
            raise ValueError("smtp: not given; required: the mail server, as monitoring.alertmanager.email_to is given")
        return self

    def shown(self) -> dict[str, Any]:
        """Return the settings as a preview shows them: flat, with the section as a prefix of keys that several have."""
        sections = {name: part for name, part in self if isinstance(part, Section) and name != "smtp"}
        keys = Counter(key for part in sections.values() for key in type(part).model_fields)
        values: dict[str, Any] = {"smtp": self.smtp and self.smtp.model_dump()}
        for name, part in sections.items():
            for key, value in part:
                if key != "enabled":
                    values[key if keys[key] == 1 and name != "elasticsearch" else f"{name}_{key}"] = value
        if not self.elasticsearch.enabled:
            values["elasticsearch_url"] = None
        return values
