"""Settings of monitoring: Prometheus, Grafana, Alertmanager and the exporters."""

from collections import Counter
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from components.fields import (
    Clock,
    Duration,
    Email,
    Host,
    PageUrl,
    RelativeFolder,
    Section,
    SingleLineText,
    Size,
    Url,
    memory_limit,
)
from components.text_form import TextForm

IMPLICIT_TLS_PORT = 465  # Alertmanager and Grafana encrypt from the first byte on this port, and on no other
LabelName = Annotated[
    str, TextForm(r"^[a-zA-Z_][a-zA-Z0-9_]*$", "a label of Prometheus: letters, digits and underscores", "site")
]
Receiver = Literal["email", "webhook", "slack", "teams", "pagerduty"]
SenderName = Annotated[  # Alertmanager reads braces as a template
    str, TextForm(r"^[^\r\n{}]+$", "text on one line, without braces", "Alerts of prod")
]


def _known_time_zone(name: str) -> str:
    known = available_timezones()  # none on a computer without the database
    if known and name not in known:
        raise ValueError("a name of the IANA time zone database, such as Europe/Zurich")
    return name


TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
SHOWN_ELSEWHERE = {"enabled", "login_generation"}  # keys of sections that other components show in a preview
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"


class PrometheusSettings(Section):
    """Prometheus, which collects and stores metrics and evaluates alerts."""

    scrape_interval_s: int = Field(15, ge=5, le=60, description="seconds between two collections of metrics")
    retention_time: Duration = Field("15d", description="age at which Prometheus deletes metrics")
    retention_size: Size = Field("5GB", description="disk size at which Prometheus deletes its oldest metrics")
    external_labels: dict[LabelName, SingleLineText] = Field(
        {},
        examples=[{"site": "geneva"}],
        description="labels on every alert, to tell stacks with the same receivers apart",
    )
    memory_limit_mib: int = memory_limit(1024, least=128, process="Prometheus")
    login_generation: int = Field(1, ge=1, description="number; raise it to replace the password of its login")


class GrafanaSettings(Section):
    """Grafana, which shows metrics in dashboards."""

    memory_limit_mib: int = memory_limit(512, least=128, process="Grafana")
    login_generation: int = Field(1, ge=1, description="number; raise it to replace the password of its login")


class MuteSettings(Section):
    """Times at which Alertmanager holds back warnings; afterwards, it sends the warnings that still fire."""

    start: Clock = Field(description="time of day at which notifications of warnings stop")
    end: Clock = Field(examples=["06:00"], description="time of day at which notifications of warnings resume")
    time_zone: TimeZone = Field("UTC", description="IANA time zone of the times, such as Europe/Zurich")
    weekends: bool = Field(False, description="whether to also hold back warnings on Saturdays and Sundays")

    @model_validator(mode="after")
    def _leave_time_for_warnings(self) -> Self:
        """`start` and `end` of `monitoring.alertmanager.mute_warnings` differ."""
        if self.start == self.end:
            raise ValueError(f"end: {self.end} given; allowed: another time than that of start")
        return self


class AlertmanagerSettings(Section):
    """Alertmanager, which sends alerts by e-mail and to each receiver whose secret is set."""

    email_to: list[Email] = Field([], description="e-mail addresses that receive alerts; requires `monitoring.smtp`")
    repeat_interval: Duration = Field("12h", description="time after which an alert that still fires is sent again")
    severities: dict[Receiver, Literal["critical", "warning"]] = Field(
        {}, description="severity that a receiver gets, by receiver; every severity if absent"
    )
    mute_warnings: MuteSettings | None = Field(None, description="times without notifications of warnings")
    pagerduty_url: PageUrl = Field(PAGERDUTY_URL, description="URL of the Events API v2 of PagerDuty")
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
    require_tls: bool = Field(True, description="whether mails require encryption: STARTTLS, or TLS on port 465")
    from_address: Email = Field(description="sender address of mails")
    from_name: SenderName | None = Field(
        None, examples=["Alerts of prod"], description="sender name of mails, shown with the address"
    )
    username: SingleLineText | None = Field(
        None, examples=["alerts@example.org"], description="user name at the mail server; no login if unset"
    )

    @model_validator(mode="after")
    def _logins_are_encrypted(self) -> Self:
        """`monitoring.smtp.require_tls` is false only without `username`, and not on port 465."""
        if not self.require_tls and self.username is not None:
            raise ValueError("require_tls: false given; allowed: true, as the password would be sent unencrypted")
        if not self.require_tls and self.port == IMPLICIT_TLS_PORT:
            raise ValueError(
                f"require_tls: false given; allowed: true, as port {IMPLICIT_TLS_PORT} is always encrypted"
            )
        return self


class MonitoringSettings(Section):
    """Metrics, dashboards and alerts."""

    enabled: bool = Field(True, description="whether to deploy monitoring")
    files: RelativeFolder | None = Field(
        None, description="folder of the checkout with your `rules`, `scrape` and `dashboards`"
    )
    runbooks_url: PageUrl | None = Field(
        None, description="URL of the page that alerts link to; unset: the stack's own"
    )
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
        values |= {"files": self.files, "runbooks_url": self.runbooks_url}
        for name, part in sections.items():
            for key, value in part:
                if key not in SHOWN_ELSEWHERE:
                    shown = value.model_dump() if isinstance(value, Section) else value
                    values[key if keys[key] == 1 and name != "elasticsearch" else f"{name}_{key}"] = shown
        if not self.elasticsearch.enabled:
            values["elasticsearch_url"] = None
        return values
