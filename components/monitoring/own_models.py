"""What Prometheus and Grafana accept in files of a stack's own, as far as no expression is evaluated.

Source: Prometheus documentation, "Alerting rules" and "Configuration"; Grafana documentation, "Dashboard JSON model".
"""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from components.fields import Section

MetricName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]


def _as_text(value: Any) -> Any:
    """Return the text of a number, which YAML makes of `1`; anything else as it is."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Expression = Annotated[Text, BeforeValidator(_as_text)]
Interval = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^(0|([0-9]+(ms|s|m|h|d|w|y))+)$")]
Uid = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,40}$")]


class Rule(Section):
    """A rule: an alert, or the record of a metric."""

    alert: Text | None = Field(None, description="name of the alert")
    record: MetricName | None = Field(None, description="name of the metric")
    expr: Expression = Field(examples=["up == 0"], description="expression of PromQL")
    for_: Interval | None = Field(None, alias="for", description="time before the alert fires")
    keep_firing_for: Interval | None = Field(None, description="time that the alert fires on")
    labels: dict[str, str] = Field({}, description="labels of the alert or the metric")
    annotations: dict[str, str] = Field({}, description="texts of the alert")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.alert is None) == (self.record is None):
            raise ValueError("alert: one of alert and record is required, and not both")
        return self


class RuleGroup(Section):
    """Rules that are evaluated one after the other."""

    name: Text = Field(examples=["own"], description="name of the group")
    interval: Interval | None = Field(None, description="time between two evaluations")
    query_offset: Interval | None = Field(None, description="age of the samples that are evaluated")
    limit: int = Field(0, description="most alerts of a rule")
    labels: dict[str, str] = Field({}, description="labels of all rules")
    rules: list[Rule] = Field(description="rules of the group")


class RuleFile(Section):
    """A file of rules."""

    groups: list[RuleGroup] = Field(min_length=1, description="groups of rules")


class _Open(Section):
    """A section with further keys, which the program does not know."""

    model_config = ConfigDict(extra="allow")


class ScrapeJob(_Open):
    """A job of Prometheus, of which only the name counts here."""

    job_name: Text = Field(examples=["own"], description="name of the job")


class ScrapeFile(Section):
    """A file of scrape jobs."""

    scrape_configs: list[ScrapeJob] = Field(min_length=1, description="scrape jobs")


class DashboardFile(_Open):
    """A dashboard as Grafana stores it."""

    uid: Uid = Field(examples=["own"], description="part of the dashboard's address")
    title: Text = Field(examples=["Own"], description="title of the dashboard")
