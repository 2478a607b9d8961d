"""tools/stack/next_steps.py: what comes after the first `make up`."""

from pathlib import Path
from typing import Any

from tools.stack.next_steps import lines, receivers
from tools.stack.settings_file import SettingsFile


def file(provider: str, **settings: Any) -> SettingsFile:
    config = {f"nuvla-swarm:{key}": value for key, value in settings.items()}
    return SettingsFile(Path("Pulumi.prod.yaml"), {"config": {"nuvla-swarm:machines": {"provider": provider}} | config})


def test_trial_on_local_machines_has_no_next_steps() -> None:
    assert lines(file("local", domain="target.example.org")) == []


def test_steps_are_those_that_the_settings_call_for() -> None:
    text = "\n".join(lines(file("exoscale", kind="target", domain="target.example.org")))
    assert "1. point A records of target.example.org and s3.target.example.org to the address above" in text
    assert "make nuvla STACK=prod" in text
    assert "monitoring.alertmanager.email_to" in text
    host = lines(file("existing", kind="host", monitoring={"alertmanager": {"email_to": ["ops@example.org"]}}))
    assert len(host) == 3, host
    assert not any("make nuvla" in line or "alerts" in line for line in host)


def test_receivers_of_alerts_are_named_without_secrets() -> None:
    assert receivers(file("exoscale")) is None
    mails = {"alertmanager": {"email_to": ["a@example.org", "b@example.org"]}}
    assert receivers(file("exoscale", monitoring=mails)) == "a@example.org, b@example.org"
    assert receivers(file("exoscale", alert_webhook_url={"secure": "v1:x"})) == "webhook"
    assert receivers(file("exoscale", slack_webhook_url={"secure": "v1:x"})) == "slack"
