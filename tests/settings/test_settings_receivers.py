"""Receivers of alerts: settings about one that the stack lacks are refused, as nobody would notice."""

from typing import Any

from tests.settings.loading import load, mistakes, refusals
from tests.support.configs import target
from tests.support.rows import rows

KEYS = (
    "monitoring.alertmanager.email_to, alert_webhook_url, slack_webhook_url, teams_webhook_url, pagerduty_routing_key"
)
SMTP = {"host": "mail.example.org", "from_address": "a@example.org"}
EU = "https://events.eu.pagerduty.com/v2/enqueue"


def alertmanager(**settings: Any) -> dict[str, Any]:
    return target(monitoring={"alertmanager": settings})


def test_severity_of_a_missing_receiver_is_refused() -> None:
    given = alertmanager(severities={"pagerduty": "critical", "slack": "warning"})
    assert mistakes(given, {"slack_webhook_url": "https://slack.example.org"}) == [
        "monitoring.alertmanager.severities.pagerduty: given; allowed: receivers that the stack has (slack); "
        "to add pagerduty, set pagerduty_routing_key"
    ]
    assert mistakes(alertmanager(severities={"email": "critical"})) == [
        "monitoring.alertmanager.severities.email: given; allowed: receivers that the stack has (none); "
        "to add email, set monitoring.alertmanager.email_to"
    ]
    both = {"slack_webhook_url": "https://slack.example.org", "pagerduty_routing_key": "WORD"}
    assert load(given, both)


def test_quiet_times_require_a_receiver() -> None:
    given = alertmanager(mute_warnings={"start": "22:00", "end": "07:00"})
    assert mistakes(given) == [
        "monitoring.alertmanager.mute_warnings: given; allowed: only with a receiver; to add one, set "
        f"{KEYS.replace(', ', ' or ')}"
    ]
    assert load(given, {"teams_webhook_url": "https://teams.example.org"})


def test_url_of_pagerduty_requires_its_key() -> None:
    assert mistakes(alertmanager(pagerduty_url=EU)) == [
        "pagerduty_routing_key: not given; required: the routing key of PagerDuty, as "
        "monitoring.alertmanager.pagerduty_url is given"
    ]
    assert load(alertmanager(pagerduty_url=EU), {"pagerduty_routing_key": "WORD"})


def test_quiet_times_leave_time_for_warnings() -> None:
    assert refusals(alertmanager(mute_warnings={"start": "22:00", "end": "22:00"})) == [
        "monitoring.alertmanager.mute_warnings.end: 22:00 given; allowed: another time than that of start"
    ]


@rows(
    "more, reason",
    [
        ({"username": "me"}, "as the password would be sent unencrypted"),
        ({"port": 465}, "as port 465 is always encrypted"),
    ],
)
def test_mail_is_unencrypted_only_without_login_and_tls_port(more: dict[str, Any], reason: str) -> None:
    given = target(monitoring={"smtp": SMTP | {"require_tls": False} | more})
    assert refusals(given) == [f"monitoring.smtp.require_tls: false given; allowed: true, {reason}"]
    assert refusals(target(monitoring={"smtp": SMTP | {"require_tls": False}})) == []
