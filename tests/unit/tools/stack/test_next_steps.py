"""tools/stack/next_steps.py: what comes after the first `make up`."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support.checkout import CHECKOUT
from tests.support.rows import rows
from tools.stack import next_steps
from tools.stack.next_steps import due, lines, receivers
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
    assert not any("alerts" in line for line in lines(file("existing", monitoring={"enabled": False})))


def test_backup_step_names_a_page_that_is_there() -> None:
    [step] = [line for line in lines(file("exoscale")) if "back up the data" in line]
    page = step.rpartition(": ")[2]
    assert (CHECKOUT / page).read_text().startswith("# Backup")


@rows(
    "history, is_due",
    [
        (["update succeeded"], True),
        (["update succeeded", "refresh succeeded", "update failed", "update failed"], True),
        (["update succeeded", "update succeeded"], False),
        (["update succeeded", "update failed", "update succeeded"], False),
        (["update succeeded", "destroy succeeded", "update succeeded"], True),
        (["update succeeded", "destroy failed", "update succeeded"], False),
    ],
)
def test_steps_are_due_after_the_first_success(
    history: list[str], is_due: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [dict(zip(("kind", "result"), entry.split(), strict=True)) for entry in history]
    monkeypatch.setattr(next_steps, "attempt", lambda *_: CompletedProcess([], 0, json.dumps(entries), ""))
    assert bool(due(file("exoscale"), "prod")) == is_due
    assert due(file("local"), "prod") == []


def test_no_steps_are_due_without_a_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_steps, "attempt", lambda *_: CompletedProcess([], 1, "", "error: no"))
    assert due(file("exoscale"), "prod") == []


def test_receivers_of_alerts_are_named_without_secrets() -> None:
    assert receivers(file("exoscale")) is None
    mails = {"alertmanager": {"email_to": ["a@example.org", "b@example.org"]}}
    assert receivers(file("exoscale", monitoring=mails)) == "a@example.org, b@example.org"
    assert receivers(file("exoscale", alert_webhook_url={"secure": "v1:x"})) == "webhook"
    assert receivers(file("exoscale", slack_webhook_url={"secure": "v1:x"})) == "slack"
