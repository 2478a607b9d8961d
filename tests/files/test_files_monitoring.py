"""What Prometheus and Alertmanager read, by their own tools; each alert has tests, and a section on its page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.files.monitored import FILES, RULES, configuration, rendered, run
from tests.files.shipped import COMPONENTS
from tests.support.rows import rows

ROOT = COMPONENTS.parent
TESTS = Path(__file__).parent / "rules"
ALERTS = {
    rule["alert"]: rule
    for file in RULES
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
WEBHOOK = [{"url_file": "/run/secrets/alert-webhook-url", "send_resolved": True}]
EMAIL = [
    {
        "to": "operators@example.org",
        "from": '"Nuvla: swarm" <swarm@example.org>',
        "smarthost": "mail.example.org:587",
        "auth_username": 'a "b" #c: $d',
        "auth_password_file": "/run/secrets/smtp-password",
        "send_resolved": True,
    }
]


@pytest.mark.tools("promtool")
def test_promtool_accepts_configuration_and_rules(tmp_path: Path) -> None:
    said = run("promtool", "check", "config", "--lint=all", "--lint-fatal", configuration(tmp_path))
    assert f"{len(RULES)} rule files found" in said


@pytest.mark.tools("promtool")
def test_promtool_rejects_a_fault_in_a_conditional_scrape_file(tmp_path: Path) -> None:
    file = configuration(tmp_path)
    (tmp_path / "scrape.d" / "s3.yml").write_text("scrape_configs: [{job_name: prometheus}]\n")
    with pytest.raises(AssertionError, match="multiple scrape configs with job name"):
        run("promtool", "check", "config", file)


def test_every_rule_file_has_a_test_file() -> None:
    tested = sorted(file.name for file in TESTS.glob("*.yml"))
    assert [file.name for file in RULES] == tested, "add tests/files/rules/<name>.yml, in the format of promtool"


@pytest.mark.tools("promtool")
def test_alert_tests_pass() -> None:
    run("promtool", "test", "rules", *sorted(TESTS.glob("*.yml")))


def test_every_alert_is_tested_firing_and_silent() -> None:
    cases = [
        case
        for file in TESTS.glob("*.yml")
        for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
    ]
    firing = {case["alertname"] for case in cases if case["exp_alerts"]}
    silent = {case["alertname"] for case in cases if not case["exp_alerts"]}
    assert firing == set(ALERTS), "add an alert_rule_test with exp_alerts to tests/files/rules"
    assert silent == set(ALERTS) - {"Watchdog"}, "add an alert_rule_test without exp_alerts to tests/files/rules"


@rows("alert", ALERTS)
def test_alerts_have_a_severity_and_a_runbook_section(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ({"none"} if alert == "Watchdog" else {"critical", "warning"})
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    page, _, section = rule["annotations"]["runbook_url"].partition("#")
    assert section == alert.lower()
    headings = re.findall(r"^### (\w+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert headings.count(alert) == 1, f"add the section `### {alert}` to {page}"


def test_alert_page_has_one_section_per_alert() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^### (.+)$", page, re.MULTILINE))
    assert sections == set(ALERTS), "docs/alerts.md has one section for each alert: add or remove one"


@pytest.mark.tools("amtool")
@rows("webhooks", [[], WEBHOOK], ids=["", "webhook"])
@rows("emails", [[], EMAIL], ids=["", "email"])
def test_amtool_accepts_every_combination_of_receivers(webhooks: list[Any], emails: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(
        rendered("alertmanager.yml", webhook_configs=json.dumps(webhooks), email_configs=json.dumps(emails))
    )
    run("amtool", "check-config", file)
    read = {receiver["name"]: receiver for receiver in yaml.safe_load(file.read_text())["receivers"]}
    assert read["operators"] == {"name": "operators", "webhook_configs": webhooks, "email_configs": emails}
    assert read["watchdog"] == {"name": "watchdog", "webhook_configs": webhooks}


@pytest.mark.tools("amtool")
@rows("alert, receiver", [("Watchdog", "watchdog"), ("MachineDown", "operators")])
def test_watchdog_has_its_own_receiver(alert: str, receiver: str, tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(rendered("alertmanager.yml", webhook_configs="[]", email_configs="[]"))
    assert run("amtool", "config", "routes", "test", f"--config.file={file}", f"alertname={alert}").split() == [
        receiver
    ]


def test_probes_use_defined_blackbox_modules(tmp_path: Path) -> None:
    configuration(tmp_path)
    jobs = [
        job
        for file in (tmp_path / "prometheus.yml", *tmp_path.glob("scrape.d/*"))
        for job in yaml.safe_load(file.read_text())["scrape_configs"]
    ]
    asked = {module for job in jobs for module in job.get("params", {}).get("module", [])}
    assert asked == set(yaml.safe_load((FILES / "blackbox.yml").read_text())["modules"])
