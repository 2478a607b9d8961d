"""components/traefik/traefik.py: what Traefik is told, and what it promises to the services that it publishes."""

from dataclasses import asdict, replace
from typing import Any

import pytest
import yaml

from components.service.login import Login
from components.service.spec import Service, StackSpec
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.traefik import TraefikSettings, traefik
from tests.mocked import Secret, build, start, value
from tests.unit.parts import network

SETTINGS = TraefikSettings(
    network="front",
    log_level="WARN",
    access_log=False,
    memory_limit_mib=300,
    s3_port=None,
    docker="http://proxy:2375",
)
HIGHEST = 2**63 - 1 - 1000  # priority of a router that is not Traefik's own


def spec(*, login: bool = False, **changed: Any) -> StackSpec:
    start()

    def make() -> StackSpec:
        certificate = SelfSignedCertificate("c", SelfSignedCertificateArgs(addresses=[], names=[], days=100))
        who = Login("login", "admin") if login else None
        return traefik(replace(SETTINGS, **changed), "traefik:v3.6.1", [network("front")], certificate, who)

    return build(make)


def service(**changed: Any) -> Service:
    (only,) = spec(**changed).services
    return only


def files(**changed: Any) -> dict[str, Any]:
    """Its files by their path; YAML as what it says."""
    contents = {file.path: value(file.content) for file in service(**changed).files}
    return {path: yaml.safe_load(text) if path.endswith(".yaml") else text for path, text in contents.items()}


def static(**changed: Any) -> Any:
    return files(**changed)["/etc/traefik/traefik.yaml"]


def dynamic() -> Any:
    return files()["/etc/traefik/dynamic/dynamic.yaml"]


def test_entry_points_have_the_names_and_ports_that_nuvlas_compose_files_use() -> None:
    addresses = {name: point["address"] for name, point in static()["entryPoints"].items()}
    assert addresses == {"web": ":80", "websecure": ":443", "s3": ":9000", "traefik": ":8080"}


def test_http_is_redirected_to_https() -> None:
    assert static()["entryPoints"]["web"]["http"]["redirections"]["entryPoint"] == {
        "to": "websecure",
        "scheme": "https",
        "priority": HIGHEST - 1,
    }


def test_only_services_that_ask_for_it_are_published_over_the_public_network() -> None:
    swarm = static()["providers"]["swarm"]
    assert swarm["exposedByDefault"] is False
    assert swarm["network"] == "front"
    assert swarm["endpoint"] == "http://proxy:2375"
    assert swarm["allowEmptyServices"] is True


def test_a_request_that_nothing_matches_is_answered_with_503() -> None:
    router = dynamic()["http"]["routers"]["unmatched"]
    assert router["rule"] == "PathPrefix(`/`)"
    assert router["priority"] == 1
    assert router["entryPoints"] == ["websecure"]
    assert "tls" in router
    assert dynamic()["http"]["services"][router["service"]] == {"loadBalancer": {"servers": []}}


def test_responses_are_compressed_by_a_middleware_that_exists() -> None:
    (middleware,) = static()["entryPoints"]["websecure"]["http"]["middlewares"]
    assert dynamic()["http"]["middlewares"][middleware.removesuffix("@file")] == {"compress": {}}


def test_objects_are_neither_compressed_nor_cut_off_while_they_come_in_slowly() -> None:
    point = static()["entryPoints"]["s3"]
    assert "http" not in point
    assert point["transport"]["respondingTimeouts"]["readTimeout"] == "0s"


def test_it_has_closed_open_connections_long_before_docker_would_kill_it() -> None:
    """Whoever removes it waits no longer than Docker does, and fails if it is killed."""
    for point in static()["entryPoints"].values():
        assert point["transport"]["lifeCycle"] == {"graceTimeOut": "5s"}
    assert service().stop_grace_s >= 5 + 10


def test_the_login_of_prometheus_is_a_middleware_that_keeps_the_password_to_itself() -> None:
    assert dynamic()["http"]["middlewares"]["prometheus-login"] == {
        "basicAuth": {"usersFile": "/run/secrets/prometheus-users", "removeHeader": True}
    }


def test_the_users_of_prometheus_are_a_secret_of_it_where_there_are_any() -> None:
    secrets = {secret.name: value(secret.content) for secret in service(login=True).secrets}
    assert secrets["prometheus-users"] == Secret("admin:BCRYPT:login-password")
    assert "prometheus-users" not in {secret.name for secret in service().secrets}


def test_dashboard_ping_and_metrics_are_on_the_operators_entry_point() -> None:
    assert static()["api"] == {"dashboard": True, "insecure": True}
    assert static()["ping"] == {"entryPoint": "traefik"}
    assert static()["metrics"]["prometheus"]["entryPoint"] == "traefik"


def test_its_own_certificate_is_the_default_and_its_files_are_where_it_looks_for_them() -> None:
    default = dynamic()["tls"]["stores"]["default"]["defaultCertificate"]
    assert files()[default["certFile"]] == "SELF-SIGNED-PEM:c-cert"
    assert default["keyFile"].removeprefix("/run/secrets/") in {secret.name for secret in service().secrets}


def test_it_reads_the_files_that_it_is_given() -> None:
    folder = static()["providers"]["file"]["directory"]
    assert {path for path in files() if path.startswith(f"{folder}/")} == {"/etc/traefik/dynamic/dynamic.yaml"}


def test_the_key_is_a_secret_and_in_no_file() -> None:
    (secret,) = service().secrets
    assert value(secret.content) == Secret("PRIVATE-KEY-PEM:c-key")
    assert "PRIVATE-KEY" not in str(files())


@pytest.mark.parametrize(("wanted", "log"), [(True, {}), (False, None)])
def test_requests_are_logged_only_if_wanted(wanted: bool, log: Any) -> None:
    assert static(access_log=wanted)["accessLog"] == log


def test_it_logs_as_the_settings_say() -> None:
    assert static()["log"] == {"level": "WARN"}


def test_it_tells_nobody_that_it_runs() -> None:
    assert static()["global"] == {"checkNewVersion": False, "sendAnonymousUsage": False}


def test_it_runs_on_every_manager() -> None:
    assert service().replicas is None
    assert service().constraints == ["node.role==manager"]


def test_its_ports_are_those_of_its_entry_points() -> None:
    ports = {(port.published, port.target, port.protocol) for port in service().ports}
    assert ports == {(80, 80, "tcp"), (443, 443, "tcp"), (8080, 8080, "tcp")}


def test_s3_has_a_port_of_its_own_where_there_is_any() -> None:
    ports = {(port.published, port.target) for port in service(s3_port=9001).ports}
    assert ports == {(80, 80), (443, 443), (8080, 8080), (9001, 9000)}
    assert static(s3_port=9001)["entryPoints"] == static()["entryPoints"]


def test_it_sees_nothing_of_its_machine() -> None:
    assert list(service().mounts) == []


def test_its_health_is_what_ping_says() -> None:
    assert service().health.command == ["traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yaml"]


def test_it_is_on_the_public_network_with_the_memory_and_the_image_of_the_settings() -> None:
    made = service()
    assert [value(on.network.name) for on in made.networks] == ["front"]
    assert made.memory_limit_mib == 300
    assert made.image == "traefik:v3.6.1"


def test_it_shows_all_of_its_settings() -> None:
    assert spec().settings == asdict(SETTINGS)


def test_the_stack_makes_a_service_of_it() -> None:
    assert [made.name for made in spec().services] == ["traefik"]
