"""components/monitoring/alertmanager.py: who is told of alerts, by which way."""

from dataclasses import replace
from typing import Any

import pulumi
import pytest
import yaml

from components.monitoring.alertmanager import alertmanager
from components.service.spec import Mount, Service
from tests.support.builders import network
from tests.support.monitoring import LOGIN, SMTP, settings
from tests.support.pulumi_run import Secret, build, start, value

TO = ["a@example.org", "b@example.org"]
WEBHOOK = {"url_file": "/run/secrets/alert-webhook-url", "send_resolved": True}
MAIL = {
    "to": "a@example.org, b@example.org",
    "from": "swarm@example.org",
    "smarthost": "mail.example.org:25",
    "send_resolved": True,
}


def service(*, password: bool = False, **changed: Any) -> Service:
    start()

    def make() -> Service:
        given = settings(**changed)
        word = pulumi.Output.secret("WORD") if password else None
        url = pulumi.Output.secret("https://hook.example.org/T0KEN") if given.webhook else None
        return alertmanager(given, "alertmanager:1", [network("inner")], word, url)

    return build(make)


def receivers(made: Service) -> dict[str, Any]:
    (file,) = made.files
    assert f"--config.file={file.path}" in made.args
    config = yaml.safe_load(str(file.content))
    return {
        receiver["name"]: (receiver.get("webhook_configs"), receiver.get("email_configs"))
        for receiver in config["receivers"]
    }


def secrets(made: Service) -> dict[str, Any]:
    return {secret.name: value(secret.content) for secret in made.secrets}


def test_nobody_is_told_where_the_settings_name_nobody() -> None:
    assert receivers(service()) == {"operators": ([], []), "watchdog": ([], None)}
    assert secrets(service()) == {}


def test_a_webhook_is_told_of_everything_by_an_url_in_a_secret_file() -> None:
    made = service(webhook=True)
    assert receivers(made) == {"operators": ([WEBHOOK], []), "watchdog": ([WEBHOOK], None)}
    assert secrets(made) == {"alert-webhook-url": Secret("https://hook.example.org/T0KEN")}


def test_mails_go_to_all_by_the_server_that_is_set() -> None:
    made = service(email_to=TO, smtp=SMTP)
    assert receivers(made) == {"operators": ([], [MAIL]), "watchdog": ([], None)}
    assert secrets(made) == {}


def test_who_logs_in_to_the_mail_server_has_a_password_in_a_secret_file() -> None:
    made = service(email_to=TO, smtp=LOGIN, password=True)
    login = {"auth_username": "me", "auth_password_file": "/run/secrets/smtp-password"}
    assert receivers(made)["operators"] == ([], [MAIL | login])
    assert secrets(made) == {"smtp-password": Secret("WORD")}


def test_a_mail_server_alone_sends_no_mail_and_needs_no_password() -> None:
    made = service(smtp=LOGIN, password=True)
    assert receivers(made)["operators"] == ([], [])
    assert secrets(made) == {}


def test_both_ways_can_be_used_at_once() -> None:
    made = service(email_to=TO, smtp=LOGIN, password=True, webhook=True)
    assert [len(way) for way in receivers(made)["operators"]] == [1, 1]
    assert set(secrets(made)) == {"alert-webhook-url", "smtp-password"}


@pytest.mark.parametrize("name", ['a "b" #c: d', "$me", "a: b", "{x}", "'", "- a", "é", "%"])
def test_a_name_is_read_as_it_was_given(name: str) -> None:
    made = service(email_to=TO, smtp=replace(SMTP, username=name), password=True)
    assert receivers(made)["operators"][1][0]["auth_username"] == name


def test_no_secret_is_in_its_file() -> None:
    made = service(email_to=TO, smtp=LOGIN, password=True, webhook=True)
    assert not any(word in str(made.files[0].content) for word in ("WORD", "T0KEN"))


def test_its_data_are_on_a_volume_of_its_machine() -> None:
    made = service()
    assert list(made.mounts) == [Mount(type="bind", source="/data/alertmanager", target="/alertmanager")]
    assert "--storage.path=/alertmanager" in made.args
    assert (made.constraints, made.replicas) == (["node.labels.nuvla-swarm.machine==worker-1"], 1)
    assert made.user == "65523"


def test_it_is_for_prometheus_and_grafana_alone() -> None:
    made = service()
    assert (list(made.ports), dict(made.labels)) == ([], {})
    assert [value(on.network.name) for on in made.networks] == ["inner"]
    assert "--cluster.listen-address=" in made.args


def test_its_health_is_its_own_word_for_it() -> None:
    assert service().health.command[-1] == "http://127.0.0.1:9093/-/healthy"


def test_it_has_the_image_and_memory_that_it_is_given() -> None:
    made = service()
    assert (made.name, made.image, made.memory_limit_mib) == ("alertmanager", "alertmanager:1", 100)
