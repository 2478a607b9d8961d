"""The receivers of alerts, by the severities that they receive, as Alertmanager's configuration names them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any

import yaml

from components import assets
from components.monitoring.settings import AlertmanagerSettings, MuteSettings, SmtpSettings

SEVERITIES = ("critical", "warning")
EMAIL_SETTING = "monitoring.alertmanager.email_to"  # makes e-mail a receiver
QUIET = "quiet"  # name of the times at which warnings wait


@dataclass(frozen=True)
class SecretReceiver:
    """A receiver that a secret of the stack opens."""

    secret: str  # key in the configuration
    kind: str  # key of Alertmanager's `receivers`

    @property
    def file(self) -> str:
        """Name of the secret's file in /run/secrets, which files/receivers/ name."""
        return self.secret.replace("_", "-")


SECRET_RECEIVERS = {
    "webhook": SecretReceiver("alert_webhook_url", "webhook_configs"),
    "slack": SecretReceiver("slack_webhook_url", "slack_configs"),
    "teams": SecretReceiver("teams_webhook_url", "msteamsv2_configs"),
    "pagerduty": SecretReceiver("pagerduty_routing_key", "pagerduty_configs"),
}
NO_RECEIVER_ADVICE = f"set {EMAIL_SETTING}, or the secret {' or '.join(of.secret for of in SECRET_RECEIVERS.values())}"


def configuration(settings: AlertmanagerSettings, smtp: SmtpSettings | None, given: Sequence[str]) -> str:
    """Return Alertmanager's configuration with the receivers that the stack has, `given`.

    Source: Alertmanager documentation, "Configuration".
    """
    named = {name: _configuration_of(name, settings, smtp) for name in given}
    only: dict[str, str] = {str(name): severity for name, severity in settings.severities.items()}
    receivers = [
        _receiver("operators", named, [name for name in given if name not in only]),
        *(
            _receiver(severity, named, [name for name in given if only.get(name, severity) == severity])
            for severity in SEVERITIES
        ),
        _receiver("watchdog", named, [name for name in given if name == "webhook"]),
    ]
    quiet = [{"name": QUIET, "time_intervals": list(_quiet_times(settings.mute_warnings))}]
    # JSON is valid YAML, and quotes any text that a user sets.
    return assets.render(
        "monitoring/files/alertmanager.yml",
        {
            "repeat_interval": settings.repeat_interval,
            "muted": json.dumps([QUIET] if settings.mute_warnings else []),
            "time_intervals": json.dumps(quiet if settings.mute_warnings else []),
            "receivers": json.dumps(receivers),
        },
    )


def _receiver(title: str, named: dict[str, dict[str, Any]], members: Sequence[str]) -> dict[str, Any]:
    """Return one of Alertmanager's receivers, which notifies all of its members."""
    receiver: dict[str, Any] = {"name": title}
    for name in members:
        kind = SECRET_RECEIVERS[name].kind if name in SECRET_RECEIVERS else "email_configs"
        receiver[kind] = [named[name]]
    return receiver


def _configuration_of(name: str, settings: AlertmanagerSettings, smtp: SmtpSettings | None) -> dict[str, Any]:
    if name == "email":
        assert smtp is not None
        return _mail(settings.email_to, smtp)
    text = assets.render_known(f"monitoring/files/receivers/{name}.yml", {"pagerduty_url": settings.pagerduty_url})
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def _mail(addresses: Sequence[str], smtp: SmtpSettings) -> dict[str, Any]:
    mail: dict[str, Any] = {
        "to": ", ".join(addresses),
        # Encoded here: Alertmanager would encode a name and its address as one word.
        "from": formataddr((smtp.from_name, smtp.from_address)) if smtp.from_name else smtp.from_address,
        "smarthost": f"{smtp.host}:{smtp.port}",
        "require_tls": smtp.require_tls,
        "send_resolved": True,
    }
    if smtp.username is not None:
        mail |= {"auth_username": smtp.username, "auth_password_file": "/run/secrets/smtp-password"}
    return mail


def _quiet_times(mute: MuteSettings | None) -> Iterator[dict[str, Any]]:
    """Yield the times of a day, and the days of weekends; a range of Alertmanager does not pass midnight."""
    if mute is None:
        return
    ranges = [(mute.start, mute.end)] if mute.start < mute.end else [(mute.start, "24:00"), ("00:00", mute.end)]
    times = [{"start_time": start, "end_time": end} for start, end in ranges if start != end]
    yield {"times": times, "location": mute.time_zone}
    if mute.weekends:
        yield {"weekdays": ["saturday", "sunday"], "location": mute.time_zone}
