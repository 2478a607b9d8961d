"""components/monitoring/alertmanager.py: the receivers of alerts and the service that notifies them."""

from dataclasses import replace
from typing import Any

import pulumi
import yaml

from components.monitoring.alertmanager import alertmanager
from components.service.spec import Mount, Service
from tests.support.monitoring import LOGIN, SMTP, context, parts
from tests.support.pulumi_run import Secret, build, start, value

TO = ["a@example.org", "b@example.org"]
WEBHOOK = {"url_file": "/run/secrets/alert-webhook-url", "send_resolved": True}
MAIL = {
    "to": "a@example.org, b@example.org",
    "from": "swarm@example.org",
    "smarthost": "mail.example.org:25",
    "require_tls": True,
    "send_resolved": True,
}


def service(*, password: bool = False, webhook: bool = False, **changed: Any) -> Service:
    start()

    def make() -> Service:
        given = context(**changed)
        opened = {"webhook": pulumi.Output.secret("https://hook.example.org/T0KEN")} if webhook else {}
        word = pulumi.Output.secret("WORD") if password else None
        given = replace(given, receivers=[*given.receivers, *opened])
        return alertmanager(given, parts(smtp_password=word, receiver_secrets=opened))

    return build(make)


def receivers(made: Service) -> dict[str, Any]:
    """The webhooks and mails of each receiver; critical alerts and warnings go to the same as others by default."""
    (file,) = made.files
    assert f"--config.file={file.path}" in made.args
    config = yaml.safe_load(str(file.content))
    found = {
        receiver["name"]: (receiver.get("webhook_configs", []), receiver.get("email_configs", []))
        for receiver in config["receivers"]
    }
    assert found.pop("critical") == found.pop("warning") == found["operators"]
    return found


def secrets(made: Service) -> dict[str, Any]:
    return {secret.name: value(secret.content) for secret in made.secrets}


def test_no_receiver_is_notified_by_default() -> None:
    assert receivers(service()) == {"operators": ([], []), "watchdog": ([], [])}
    assert secrets(service()) == {}


def test_webhook_gets_all_alerts_and_its_url_is_secret() -> None:
    made = service(webhook=True)
    assert receivers(made) == {"operators": ([WEBHOOK], []), "watchdog": ([WEBHOOK], [])}
    assert secrets(made) == {"alert-webhook-url": Secret("https://hook.example.org/T0KEN")}


def test_mail_goes_to_all_addresses_by_the_given_server() -> None:
    made = service(email_to=TO, smtp=SMTP)
    assert receivers(made) == {"operators": ([], [MAIL]), "watchdog": ([], [])}
    assert secrets(made) == {}


def test_mail_password_is_read_from_a_secret_file() -> None:
    made = service(email_to=TO, smtp=LOGIN, password=True)
    login = {"auth_username": "me", "auth_password_file": "/run/secrets/smtp-password"}
    assert receivers(made)["operators"] == ([], [MAIL | login])
    assert secrets(made) == {"smtp-password": Secret("WORD")}


def test_mail_server_without_addresses_sends_no_mail() -> None:
    made = service(smtp=LOGIN, password=True)
    assert receivers(made)["operators"] == ([], [])
    assert secrets(made) == {}


def test_webhook_and_mail_can_be_combined() -> None:
    made = service(email_to=TO, smtp=LOGIN, password=True, webhook=True)
    assert [len(way) for way in receivers(made)["operators"]] == [1, 1]
    assert set(secrets(made)) == {"alert-webhook-url", "smtp-password"}


def test_mail_username_is_quoted_in_yaml() -> None:
    names = ['a "b" #c: d', "$me", "a: b", "{x}", "'", "- a", "é", "%"]
    made = [service(email_to=TO, smtp=SMTP.model_copy(update={"username": name}), password=True) for name in names]
    assert [receivers(one)["operators"][1][0]["auth_username"] for one in made] == names


def test_alertmanager_configuration_holds_no_secret() -> None:
    made = service(email_to=TO, smtp=LOGIN, password=True, webhook=True)
    assert not any(word in str(made.files[0].content) for word in ("WORD", "T0KEN"))


def test_alertmanager_data_are_on_its_machine() -> None:
    made = service()
    assert list(made.mounts) == [Mount(type="bind", source="/data/alertmanager", target="/alertmanager")]
    assert "--storage.path=/alertmanager" in made.args
    assert (made.constraints, made.replicas) == (["node.labels.nuvla-swarm.machine==worker-1"], 1)
    assert made.user == "65523"


def test_alertmanager_is_not_published() -> None:
    made = service()
    assert (list(made.ports), dict(made.labels)) == ([], {})
    assert [value(on.network.name) for on in made.networks] == ["monitoring"]
    assert "--cluster.listen-address=" in made.args


def test_alertmanager_health_is_its_own_check() -> None:
    assert service().health.command[-1] == "http://127.0.0.1:9093/-/healthy"


def test_alertmanager_has_the_given_image_and_memory() -> None:
    made = service()
    assert (made.name, made.image, made.memory_limit_mib) == ("alertmanager", "alertmanager:1", 100)
