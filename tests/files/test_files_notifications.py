"""Alertmanager, with the configuration of the settings, notifies receivers that listen on this computer."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509

from components.monitoring import receivers
from components.monitoring.receivers import SECRET_RECEIVERS
from components.monitoring.settings import AlertmanagerSettings, SmtpSettings
from tests.support.alert_receivers import MailReceiver, WebReceiver, mail_receiver, web_receiver
from tests.support.crowd import crowd
from tests.support.ports import reserved_port
from tests.support.required_tools import required_tool
from tests.support.self_signed import self_signed

pytestmark = pytest.mark.tools("alertmanager")
PAGE = "https://swarm.example.org/prometheus/user/alerts.html"
PATHS = {"webhook": "/hook/T0KEN", "slack": "/slack/T0KEN", "teams": "/teams/T0KEN", "pagerduty": "/v2/enqueue"}
TIMEOUT_S = 60


def wait_for(condition: Callable[[], bool], what: str, describe: Callable[[], str]) -> None:
    """Poll until a condition holds; `AssertionError` if it does not in time."""
    began = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began
        assert waited_s < TIMEOUT_S * crowd(), f"not so after {waited_s:.0f} s: {what}\n{describe()}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Alertmanager:
    """An Alertmanager that runs."""

    url: str
    log: Path

    def fire(self, name: str, severity: str) -> None:
        """Let an alert fire, of one of two machines."""
        annotations = {
            "summary": f"{name} & <more>",
            "description": "It is so.",
            "runbook_url": f"{PAGE}#{name.lower()}",
        }
        labels = {"alertname": name, "severity": severity, "node": "worker-1"}
        answer = requests.post(
            f"{self.url}/api/v2/alerts", json=[{"labels": labels, "annotations": annotations}], timeout=TIMEOUT_S
        )
        answer.raise_for_status()

    def measured(self, name: str) -> float:
        """Return the sum of a metric."""
        lines = requests.get(f"{self.url}/metrics", timeout=TIMEOUT_S).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))

    def text(self) -> str:
        """Return the log so far."""
        return self.log.read_text()


@contextmanager
def alertmanager(
    folder: Path, settings: Mapping[str, Any], smtp: SmtpSettings | None, secrets: Mapping[str, str]
) -> Iterator[Alertmanager]:
    """Yield an Alertmanager that does not wait for further alerts, with the secrets of its receivers."""
    given = [*(["email"] if smtp else []), *secrets]
    addresses = {"email_to": ["operators@example.org"]} if smtp else {}
    model = AlertmanagerSettings.model_validate({**addresses, **settings})
    text = receivers.configuration(model, smtp, given).replace("/run/secrets", str(folder / "secrets"))
    (folder / "secrets").mkdir()
    for name, secret in secrets.items():
        (folder / "secrets" / SECRET_RECEIVERS[name].file).write_text(f"{secret}\n")  # as `config set < file` gives it
    file, log = folder / "alertmanager.yml", folder / "log"
    file.write_text(text.replace("group_wait: 30s", "group_wait: 0s"))
    command = [
        required_tool("alertmanager"),
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        "--cluster.listen-address=",
    ]
    with (
        reserved_port() as port,
        log.open("w") as output,
        subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"SSL_CERT_FILE": str(folder / "trusted.pem")},
        ) as process,
    ):
        running = Alertmanager(f"http://127.0.0.1:{port}", log)

        def ready() -> bool:
            assert process.poll() is None, running.text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        try:
            wait_for(ready, "Alertmanager answers", running.text)
            yield running
        finally:
            process.terminate()


@pytest.fixture
def web() -> Iterator[WebReceiver]:
    with web_receiver() as receiver:
        yield receiver


def certificate(folder: Path) -> Path:
    """Write a certificate that Alertmanager trusts, and the same with its key; return the latter."""
    made, key = self_signed(x509.IPAddress(ip_address("127.0.0.1")))
    (folder / "trusted.pem").write_text(made)
    (folder / "server.pem").write_text(made + key)
    return folder / "server.pem"


def smtp(server: MailReceiver, **more: Any) -> SmtpSettings:
    name = {"from_address": "swarm@example.org", "from_name": "Été: swarm"}
    return SmtpSettings.model_validate({"host": server.host, "port": server.port, **name, **more})


def secrets(web: WebReceiver) -> dict[str, str]:
    return {name: web.url + path for name, path in PATHS.items() if name != "pagerduty"} | {"pagerduty": "R0UTE"}


def test_every_receiver_is_told_of_an_alert_and_where_its_runbook_is(web: WebReceiver, tmp_path: Path) -> None:
    settings = {"pagerduty_url": f"{web.url}/v2/enqueue"}
    with (
        mail_receiver() as mail,
        alertmanager(tmp_path, settings, smtp(mail, require_tls=False), secrets(web)) as running,
    ):
        running.fire("DiskFull", "critical")
        wait_for(lambda: len(mail.mails) == 1 and all(map(web.at, PATHS.values())), "all are told", running.text)
        log = running.text()
    page = f"{PAGE}#diskfull"
    (event,) = web.at(PATHS["pagerduty"])
    assert (event["routing_key"], event["event_action"]) == ("R0UTE", "trigger")
    assert event["payload"]["severity"] == "critical"
    assert event["links"] == [{"href": page, "text": "Runbook"}]
    (message,) = web.at(PATHS["slack"])[0]["attachments"]
    assert "DiskFull" in message["title"]
    assert (message["title_link"], message["text"]) == (page, "*DiskFull & <more>*\nIt is so.\n")
    assert page in str(web.at(PATHS["teams"])[0]["attachments"])
    assert web.at(PATHS["webhook"])[0]["alerts"][0]["annotations"]["runbook_url"] == page
    (sent,) = mail.mails
    assert (mail.senders, mail.encrypted) == (["swarm@example.org"], [False])
    assert (sent["to"], sent["from"]) == ("operators@example.org", '"Été: swarm" <swarm@example.org>')
    body = sent.get_body()
    assert body is not None
    assert page in body.get_content()
    assert "T0KEN" not in log
    assert "R0UTE" not in log


def test_mail_is_encrypted_where_the_server_offers_it(tmp_path: Path) -> None:
    with (
        mail_receiver(certificate=certificate(tmp_path)) as mail,
        alertmanager(tmp_path, {}, smtp(mail), {}) as running,
    ):
        running.fire("DiskFull", "critical")
        wait_for(lambda: len(mail.mails) == 1, "a mail is sent", running.text)
    assert mail.encrypted == [True]


def test_mail_is_not_sent_unencrypted_unless_the_settings_allow_it(tmp_path: Path) -> None:
    with mail_receiver() as mail, alertmanager(tmp_path, {}, smtp(mail), {}) as running:
        running.fire("DiskFull", "critical")
        wait_for(lambda: "does not advertise the STARTTLS extension" in running.text(), "it says why", running.text)
    assert mail.mails == []


def test_receiver_of_critical_alerts_is_told_of_no_warning(web: WebReceiver, tmp_path: Path) -> None:
    settings = {"pagerduty_url": f"{web.url}/v2/enqueue", "severities": {"pagerduty": "critical", "slack": "warning"}}
    with alertmanager(tmp_path, settings, None, secrets(web)) as running:
        running.fire("DiskFilling", "warning")
        running.fire("DiskFull", "critical")
        wait_for(lambda: len(web.at(PATHS["webhook"])) == 2, "the webhook has both", running.text)
        wait_for(lambda: all(map(web.at, PATHS.values())), "all are told", running.text)
    assert [event["payload"]["severity"] for event in web.at(PATHS["pagerduty"])] == ["critical"]
    assert ["DiskFilling" in message["attachments"][0]["title"] for message in web.at(PATHS["slack"])] == [True]


def test_warnings_wait_at_quiet_times_and_critical_alerts_do_not(web: WebReceiver, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    start, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-6, 6))
    with alertmanager(
        tmp_path, {"mute_warnings": {"start": start, "end": end}}, None, {"webhook": web.url + PATHS["webhook"]}
    ) as running:
        running.fire("DiskFilling", "warning")
        suppressed = "alertmanager_notifications_suppressed_total"
        wait_for(lambda: running.measured(suppressed) == 1, "the warning waits", running.text)
        running.fire("DiskFull", "critical")
        wait_for(lambda: len(web.at(PATHS["webhook"])) == 1, "the other alert is sent", running.text)
    assert web.at(PATHS["webhook"])[0]["commonLabels"]["severity"] == "critical"
