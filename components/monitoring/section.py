"""Settings of monitoring."""

from typing import Self

from pydantic import Field, model_validator

from components.fields import Duration, Email, Host, Line, Section, Size, Url


class Prometheus(Section):
    """What collects the metrics and judges them."""

    scrape_interval_s: int = Field(15, ge=5, le=60, description="time between two collections of metrics")
    retention_time: Duration = Field("15d", description="age at which metrics are dropped")
    retention_size: Size = Field("5GB", description="size at which the oldest metrics are dropped")
    memory_limit_mib: int = Field(1024, ge=128, description="memory at which it is killed")


class Grafana(Section):
    """What shows the metrics."""

    memory_limit_mib: int = Field(512, ge=128, description="memory at which it is killed")


class Alertmanager(Section):
    """What tells people of alerts; a webhook is the secret `alert_webhook_url`."""

    email_to: list[Email] = Field([], description="who is told by e-mail; needs `monitoring.smtp`")
    memory_limit_mib: int = Field(128, ge=32, description="memory at which it is killed")


class Exporters(Section):
    """What measures the machines and their containers."""

    memory_limit_mib: int = Field(256, ge=64, description="memory at which one of them is killed")


class Elasticsearch(Section):
    """Metrics of the database of a host."""

    enabled: bool = Field(False, description="whether Elasticsearch is measured; only on a host")
    url: Url = Field("http://es:9200", description="where it answers on the backend network")
    memory_limit_mib: int = Field(64, ge=32, description="memory at which its exporter is killed")


class Smtp(Section):
    """The mail server of Grafana and Alertmanager; its password is the secret `smtp_password`."""

    host: Host = Field(description="name of the mail server")
    port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    from_address: Email = Field(description="address that mails come from")
    username: Line | None = Field(None, description="who logs in to the mail server; nobody if unset")


class Monitoring(Section):
    """Metrics, dashboards and alerts."""

    enabled: bool = Field(True, description="whether there is any monitoring")
    machine: str | None = Field(None, description="machine that keeps the metrics; the first manager if unset")
    prometheus: Prometheus = Field(Prometheus(), description="collects and judges metrics")
    grafana: Grafana = Field(Grafana(), description="shows metrics")
    alertmanager: Alertmanager = Field(Alertmanager(), description="tells people of alerts")
    exporters: Exporters = Field(Exporters(), description="measure machines and containers")
    elasticsearch: Elasticsearch = Field(Elasticsearch(), description="measures the database of a host")
    smtp: Smtp | None = Field(None, description="mail server of Grafana and Alertmanager")

    @model_validator(mode="after")
    def _mails_have_a_server(self) -> Self:
        if self.alertmanager.email_to and self.smtp is None:
            raise ValueError("smtp: not given; required: the mail server, as monitoring.alertmanager.email_to is given")
        return self
