"""Own rules, scrape jobs and dashboards, receivers of alerts, and the page that alerts link to."""

import atexit
import json
from contextlib import ExitStack
from ipaddress import IPv4Network

import requests

from tests.e2e.harness import Stack
from tests.e2e.prometheus import SCRAPE_TIMEOUT_S, Prometheus
from tests.e2e.waiting import wait_for
from tests.support.alert_receivers import MailReceiver, WebReceiver, mail_receiver, web_receiver
from tests.support.checkout import CHECKOUT

ALERT = "OwnAlert"
SLACK_PATH = "/slack/T0KEN"
FILES = {
    "rules/own.yaml": {
        "groups": [
            {
                "name": "own",
                "rules": [{"alert": ALERT, "expr": "vector(1)", "labels": {"severity": "critical"}}],
            }
        ]
    },
    "scrape/own.yml": {"scrape_configs": [{"job_name": "own", "static_configs": [{"targets": ["alertmanager:9093"]}]}]},
    "dashboards/own.json": json.loads((CHECKOUT / "examples/monitoring/dashboards/backup.json").read_text()),
}
EVERY_ADDRESS = "0.0.0.0"
_running = ExitStack()
_web: list[WebReceiver] = []
_mail: list[MailReceiver] = []
atexit.register(_running.close)


def prepare(stack: Stack) -> None:
    """Start receivers on this computer, and set monitoring with files of its own, which has them as receivers."""
    _web.append(_running.enter_context(web_receiver(EVERY_ADDRESS)))
    _mail.append(_running.enter_context(mail_receiver(EVERY_ADDRESS)))
    computer = str(IPv4Network(stack.get("machines.subnet"))[1])
    for name, content in FILES.items():
        file = stack.folder / "monitoring" / "own" / name
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(content))  # JSON is valid YAML
    stack.set(
        "monitoring",
        {
            "files": "monitoring/own",
            "prometheus": {"scrape_interval_s": 5},
            "alertmanager": {"email_to": ["operators@example.org"], "severities": {"slack": "critical"}},
            "smtp": {
                "host": computer,
                "port": _mail[-1].port,
                "require_tls": False,
                "from_address": "swarm@example.org",
                "from_name": "Swarm",
            },
        },
    )
    url = f"http://{computer}:{_web[-1].port}{SLACK_PATH}"
    stack.must("pulumi", "config", "set", "--secret", "nuvla-swarm:slack_webhook_url", url)


def check_own_files_are_used(stack: Stack) -> None:
    outputs = stack.outputs()
    with stack.https_session() as session:
        grafana = outputs["urls"]["grafana"].rstrip("/")
        prometheus = Prometheus.from_outputs(outputs, session)
        answers = lambda: (  # noqa: E731
            session.get(f"{grafana}/api/health", timeout=5).ok
            and session.get(f"{prometheus.url}-/healthy", auth=prometheus.login, timeout=5).ok
        )
        wait_for(answers, "Traefik routes to Grafana and Prometheus", SCRAPE_TIMEOUT_S)
        wait_for(lambda: prometheus.series('up{job="own"} == 1') != [], "the own target is up", SCRAPE_TIMEOUT_S)
        rules = [rule["name"] for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
        assert ALERT in rules
        assert "MachineDown" in rules
        login = outputs["logins"]["grafana"]
        found = session.get(f"{grafana}/api/search", auth=(login["username"], login["password"]), timeout=10).json()
        assert {"Backup", "Machines"} <= {entry["title"] for entry in found}


def check_alerts_reach_their_receivers(stack: Stack) -> None:
    web, mail = _web[-1], _mail[-1]
    log = lambda: stack.on("manager-1", "docker", "service", "logs", "alertmanager").text  # noqa: E731
    wait_for(lambda: web.at(SLACK_PATH) != [] and mail.mails != [], "Slack and the relay are told", 120, log)
    assert ALERT in web.at(SLACK_PATH)[0]["attachments"][0]["title"]
    assert ALERT in str(mail.mails[0]["subject"])
    assert mail.mails[0]["from"] == "Swarm <swarm@example.org>"


def check_runbook_links_lead_to_their_section(stack: Stack) -> None:
    outputs = stack.outputs()
    with stack.https_session() as session:
        prometheus = Prometheus.from_outputs(outputs, session)
        rules = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
        links = {rule["annotations"]["runbook_url"] for rule in rules if rule.get("annotations")}
        (page,) = {link.partition("#")[0] for link in links}
        assert page.startswith(outputs["urls"]["prometheus"])
        text = session.get(page, auth=prometheus.login, timeout=10).text
        assert [link for link in links if f'id="{link.partition("#")[2]}"' not in text] == []
        assert session.get(page, timeout=10).status_code == requests.codes.unauthorized
