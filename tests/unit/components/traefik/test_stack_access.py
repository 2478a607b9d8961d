"""components/traefik/stack.py: who reaches which pages, by which middlewares, logins and certificates."""

import re

from components.traefik import published
from tests.support.pulumi_run import Secret, value
from tests.support.traefik import dynamic, files_of, routers, service, static


def test_requests_are_tried_again_and_responses_compressed_by_existing_middlewares() -> None:
    retry, compress = static()["entryPoints"]["websecure"]["http"]["middlewares"]
    found = [dynamic()["http"]["middlewares"][name.removesuffix("@file")] for name in (retry, compress)]
    assert found[1] == {"compress": {"encodings": ["gzip"]}}
    assert found[0]["retry"].keys() == {"attempts", "initialInterval", "status"}  # of them, only idempotent requests


def test_login_middlewares_do_not_pass_the_password_on() -> None:
    middlewares = dynamic()["http"]["middlewares"]
    users = {"nuvla-swarm-prometheus-login": "prometheus-users", "metrics-login": "metrics-users"}
    for middleware, name in users.items():
        assert middlewares[middleware] == {"basicAuth": {"usersFile": f"/run/secrets/{name}", "removeHeader": True}}


def test_login_users_are_secrets() -> None:
    secrets = {secret.name: value(secret.content) for secret in service().secrets}
    assert secrets["prometheus-users"] == Secret("admin:BCRYPT:login-password")
    assert secrets["metrics-users"] == Secret("reader:BCRYPT:metrics-password")


def test_middlewares_and_options_named_by_labels_exist() -> None:
    made = dynamic()
    there = {f"{name}@file" for name in (*made["http"]["middlewares"], *made["tcp"]["middlewares"])}
    assert {published.CONSOLES, *published.LOGIN} <= there
    labels = published.tcp("s3", 1, {"s3": "*"})
    assert {text for label, text in labels.items() if label.endswith(".middlewares")} <= there
    assert {text for label, text in labels.items() if label.endswith(".tls.options")} == {published.HTTP_1}
    assert made["tls"]["options"] == {published.HTTP_1.removesuffix("@file"): {"alpnProtocols": ["http/1.1"]}}


def test_consoles_are_limited_to_their_networks() -> None:
    allowed = dynamic()["http"]["middlewares"][published.CONSOLES.removesuffix("@file")]["ipAllowList"]
    assert allowed == {"sourceRange": ["192.0.2.0/24", "0.0.0.0/0"]}


def test_port_8080_is_for_operators_or_behind_a_login() -> None:
    made = dynamic()["http"]["middlewares"]
    assert made["operators"]["ipAllowList"] == {"sourceRange": ["192.0.2.0/24", "198.51.100.7/32"]}
    asked = {name: router["middlewares"] for name, router in routers("traefik").items()}
    assert asked == {
        "operators": ["operators", "dashboard"],
        "operators-ping": ["operators"],
        "operators-metrics": ["operators"],
        "metrics": ["nuvla-swarm-login-rate", "metrics-login"],
    }
    assert static()["api"] == {"dashboard": True}, "no router of Traefik's own, which asks nobody"
    assert static()["metrics"]["prometheus"] == {"manualRouting": True}


def test_root_of_port_8080_redirects_to_the_dashboard() -> None:
    redirection = dynamic()["http"]["middlewares"]["dashboard"]["redirectRegex"]
    assert (
        re.sub(redirection["regex"], r"\1/dashboard/", "http://192.0.2.1:8080/") == "http://192.0.2.1:8080/dashboard/"
    )
    assert redirection["replacement"] == "${1}/dashboard/"


def test_ping_listens_on_localhost_alone() -> None:
    points = static()["entryPoints"]
    assert points[static()["ping"]["entryPoint"]]["address"].startswith("127.0.0.1:")


def test_self_signed_certificate_is_the_default() -> None:
    default = dynamic()["tls"]["stores"]["default"]["defaultCertificate"]
    assert files_of()[default["certFile"]] == "SELF-SIGNED-PEM:c-cert"
    assert default["keyFile"].removeprefix("/run/secrets/") in {secret.name for secret in service().secrets}


def test_keys_and_hashes_are_secrets_and_in_no_file() -> None:
    secrets = {secret.name: value(secret.content) for secret in service().secrets}
    assert secrets.keys() == {"certificate-key", "prometheus-users", "metrics-users"}
    assert secrets["certificate-key"] == Secret("PRIVATE-KEY-PEM:c-key")
    assert not re.search("PRIVATE-KEY|BCRYPT|RESULT", str(files_of()))


def test_traefik_health_is_its_ping() -> None:
    assert service().health.command == ["traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yaml"]
