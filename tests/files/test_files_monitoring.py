"""What Prometheus and Alertmanager read, by their own tools; each alert has tests, and a section on its page."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.monitoring import own_files, receivers
from components.monitoring.prometheus import RUNBOOKS_PAGE
from components.monitoring.receivers import SECRET_RECEIVERS
from components.monitoring.settings import AlertmanagerSettings, SmtpSettings
from docs import runbooks
from tests.files.monitored import FILES, RULES, configuration, run
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
EVERYONE = ("email", *SECRET_RECEIVERS)
SMTP = SmtpSettings(
    host="mail.example.org", from_address="swarm@example.org", from_name="Nuvla: swarm", username='a "b" #c: $d'
)
SOME = [(), ("webhook",), ("email",), ("slack", "pagerduty"), EVERYONE]
QUIET = {"start": "22:00", "end": "07:00", "time_zone": "Europe/Zurich", "weekends": True}


def tags_of(text: str) -> tuple[list[str], list[str]]:
    """Return where the links of a page in HTML lead, and the tags that it leaves open or closes wrongly."""
    links: list[str] = []
    open_tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value or "" for name, value in attrs if name in ("href", "src"))
            if tag not in ("meta", "br"):
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if open_tags[-1:] == [tag]:
                open_tags.pop()
            else:
                open_tags.append(f"/{tag}")

    Parser().feed(text)
    return links, open_tags


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


def test_page_of_runbooks_is_that_of_today() -> None:
    assert runbooks.PAGE.read_text(encoding="utf-8") == runbooks.page(), "run `python -m docs.runbooks`"


@rows("alert", ALERTS)
def test_page_of_runbooks_has_the_anchor_that_an_alert_links_to(alert: str) -> None:
    page, _, anchor = ALERTS[alert]["annotations"]["runbook_url"].partition("#")
    assert page == RUNBOOKS_PAGE, "this is what the program replaces by an address"
    assert runbooks.PAGE.read_text(encoding="utf-8").count(f' id="{anchor}"') == 1


def test_page_of_runbooks_is_well_formed_and_leads_to_no_other_page() -> None:
    """It stands alone on the machines."""
    text = runbooks.PAGE.read_text(encoding="utf-8")
    links, tags = tags_of(text)
    assert [link for link in links if not link.startswith("https://")] == []
    assert tags == [], f"not closed: {tags}"
    assert "](" not in text
    assert "`" not in text.partition("<body>")[2]


def test_alert_page_has_one_section_per_alert() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^### (.+)$", page, re.MULTILINE))
    assert sections == set(ALERTS), "docs/alerts.md has one section for each alert: add or remove one"


def test_alert_page_lists_the_critical_alerts() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    sentence = re.search(r"^These alerts are `critical`: (.+?)\. ", page, re.MULTILINE | re.DOTALL)
    assert sentence, "docs/alerts.md has a sentence that lists them"
    listed = set(re.findall(r"\[(\w+)\]\(", sentence[1]))
    critical = {name for name, rule in ALERTS.items() if rule["labels"]["severity"] == "critical"}
    assert listed == critical, "docs/alerts.md lists each critical alert: add or remove one"


def alertmanager(folder: Path, *given: str, **settings: Any) -> Path:
    """Write the configuration of Alertmanager with some receivers; return its file."""
    model = AlertmanagerSettings.model_validate({"email_to": ["operators@example.org"], **settings})
    file = folder / "alertmanager.yml"
    file.write_text(receivers.configuration(model, SMTP, given))
    return file


def receiver_of(file: Path, **labels: str) -> list[str]:
    """Return the receivers of an alert with these labels."""
    told = [f"{name}={value}" for name, value in labels.items()]
    return run("amtool", "config", "routes", "test", f"--config.file={file}", *told).split()


@pytest.mark.tools("amtool")
@rows("given", SOME, ids=", ".join)
@rows("more", [{}, {"mute_warnings": QUIET}], ids=["", "quiet times"])
def test_amtool_accepts_every_combination_of_receivers(
    given: tuple[str, ...], more: dict[str, Any], tmp_path: Path
) -> None:
    file = alertmanager(tmp_path, *given, **more)
    run("amtool", "check-config", file)
    read = {receiver["name"]: receiver for receiver in yaml.safe_load(file.read_text())["receivers"]}
    assert [len(read[name]) - 1 for name in ("operators", "critical", "warning")] == [len(given)] * 3


@pytest.mark.tools("amtool")
@rows(
    "labels, receiver",
    [
        ({"alertname": "Watchdog", "severity": "none"}, "watchdog"),
        ({"alertname": "MachineDown", "severity": "critical"}, "critical"),
        ({"alertname": "DiskFilling", "severity": "warning"}, "warning"),
        ({"alertname": "Own", "severity": "info"}, "operators"),
        ({"alertname": "Own"}, "operators"),
    ],
)
def test_severity_of_an_alert_chooses_its_receiver(labels: dict[str, str], receiver: str, tmp_path: Path) -> None:
    assert receiver_of(alertmanager(tmp_path, *EVERYONE), **labels) == [receiver]


@pytest.mark.tools("promtool")
def test_promtool_accepts_the_example_of_own_files(tmp_path: Path) -> None:
    own, problems = own_files.read("examples/monitoring")
    assert problems == []
    file = configuration(tmp_path, own)
    assert f"{len(RULES) + 1} rule files found" in run(
        "promtool", "check", "config", "--lint=all", "--lint-fatal", file
    )


def test_probes_use_defined_blackbox_modules(tmp_path: Path) -> None:
    configuration(tmp_path)
    jobs = [
        job
        for file in (tmp_path / "prometheus.yml", *tmp_path.glob("scrape.d/*"))
        for job in yaml.safe_load(file.read_text())["scrape_configs"]
    ]
    asked = {module for job in jobs for module in job.get("params", {}).get("module", [])}
    assert asked == set(yaml.safe_load((FILES / "blackbox.yml").read_text())["modules"])
