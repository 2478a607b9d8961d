"""No secret is in plain text in what the program registers, nor on a command line, with everything switched on."""

from typing import Any

import pytest

from tests.program.runs import run
from tests.program.snapshot import PROGRAMS
from tests.program.test_program_services import container, services
from tests.support.configs import target
from tests.support.pulumi_run import Program
from tests.support.rows import rows

GIVEN = {
    "smtp_password": "GIVEN-PASSWORD",
    "alert_webhook_url": "https://hook.example.org/GIVEN-URL",
    "slack_webhook_url": "https://slack.example.org/GIVEN-URL",
    "teams_webhook_url": "https://teams.example.org/GIVEN-URL",
    "pagerduty_routing_key": "GIVEN-KEY",
}
SECRET_WORDS = ("PRIVATE-KEY", "RESULT:", "BCRYPT:", "GIVEN-")  # of keys, passwords, hashes, and what a user gave
SMTP = {"host": "mail.example.org", "from_address": "a@example.org", "username": "me"}


@pytest.fixture
def everything() -> Program:
    """A target with all secrets that there can be."""
    monitoring = {"smtp": SMTP, "alertmanager": {"email_to": ["b@example.org"]}}
    return run(target(monitoring=monitoring, domain="example.org"), secrets=GIVEN)


def found_in(thing: Any) -> list[str]:
    return [word for word in SECRET_WORDS if word in str(thing)]


def test_every_secret_is_registered_as_a_docker_secret(everything: Program) -> None:
    registered = [everything.engine.inputs(name) for name in everything.engine.given]
    secrets = {name for name, kind in everything.engine.types.items() if kind == "docker:index/secret:Secret"}
    assert found_in(registered) == ["PRIVATE-KEY"]  # others only as Docker wants them, in base64
    assert secrets == {
        "traefik-secret-certificate-key",
        "traefik-secret-metrics-users",
        "traefik-secret-prometheus-users",
        "prometheus-secret-traefik-metrics-password",
        "s3-secret-s3-access-key",
        "s3-secret-s3-secret-key",
        "s3-gateway-secret-s3-access-key",
        "s3-gateway-secret-s3-secret-key",
        "grafana-secret-grafana-admin-password",
        "grafana-secret-smtp-password",
        "alertmanager-secret-smtp-password",
        "alertmanager-secret-alert-webhook-url",
        "alertmanager-secret-slack-webhook-url",
        "alertmanager-secret-teams-webhook-url",
        "alertmanager-secret-pagerduty-routing-key",
    }


@rows("title", PROGRAMS)
def test_secrets_are_in_no_plain_input(everything: Program, title: str) -> None:
    program = run(PROGRAMS[title])
    for engine in (everything.engine, program.engine):
        for name, given in engine.given.items():
            for key, value in given.items():
                if not engine.is_secret(name, key):
                    assert found_in(value) == [], f"{name}.{key}"


def test_docker_secret_data_are_secret_to_pulumi(everything: Program) -> None:
    for name, kind in everything.engine.types.items():
        if kind == "docker:index/secret:Secret":
            assert everything.engine.is_secret(name, "data"), name


def test_services_and_configs_hold_no_secret(everything: Program) -> None:
    for name, kind in everything.engine.types.items():
        if kind in ("docker:index/service:Service", "docker:index/serviceConfig:ServiceConfig"):
            assert everything.engine.given[name] == everything.engine.inputs(name), name


def test_services_mount_every_secret_file_they_name(everything: Program) -> None:
    for name, service in services(everything.engine).items():
        mounted = {secret["fileName"] for secret in container(service).get("secrets", [])}
        prefix = "/run/secrets/"
        named = {
            word.partition(prefix)[2].rstrip("}")  # of an expression of Grafana's
            for text in (container(service).get("env") or {}).values()
            for word in str(text).split()
            if prefix in word
        }
        assert named <= mounted, name


def test_components_show_no_secret_of_the_user(everything: Program) -> None:
    for name in everything.engine.components():
        assert found_in(everything.engine.inputs(name)) == [], name
    receivers = ["email", "webhook", "slack", "teams", "pagerduty"]
    assert everything.engine.inputs("monitoring")["receivers"] == receivers
