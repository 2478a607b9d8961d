"""components/traefik/stack.py: what Traefik is told, and what it promises to the services that it publishes."""

import re
from dataclasses import asdict, replace
from typing import Any

import pytest
import yaml

from components.service.login import Login
from components.service.spec import Service, StackSpec
from components.socket_proxy.stack import SOCKET, VOLUME
from components.traefik import published
from components.traefik.certificate import SelfSignedCertificate, SelfSignedCertificateArgs
from components.traefik.stack import TraefikLogins, TraefikSettings, traefik
from tests.support.builders import network
from tests.support.pulumi_run import Secret, build, start, value

SETTINGS = TraefikSettings(
    network="front",
    log_level="WARN",
    access_log=False,
    memory_limit_mib=300,
    s3_port=None,
    s3_name=None,
    operators=["192.0.2.0/24", "198.51.100.7/32"],
    consoles=["192.0.2.0/24", "0.0.0.0/0"],
    reserved=["PathPrefix(`/grafana`)", "PathPrefix(`/prometheus`)"],
)
HIGHEST = 2**63 - 1 - 1000  # priority of a router that is not Traefik's own


def spec(**changed: Any) -> StackSpec:
    start()

    def make() -> StackSpec:
        certificate = SelfSignedCertificate("c", SelfSignedCertificateArgs(addresses=[], names=[], days=100))
        logins = TraefikLogins(prometheus=Login("login", "admin"), metrics=Login("metrics", "reader"))
        return traefik(replace(SETTINGS, **changed), "traefik:v3.6.1", [network("front")], certificate, logins)

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


def dynamic(**changed: Any) -> Any:
    return files(**changed)["/etc/traefik/dynamic/dynamic.yaml"]


def routers(entry_point: str) -> dict[str, Any]:
    """The routers of the program's own files on an entry point."""
    made = files()
    found = {path: made[path]["http"]["routers"] for path in made if path.startswith("/etc/traefik/dynamic/")}
    return {
        name: router for of in found.values() for name, router in of.items() if router["entryPoints"] == [entry_point]
    }


def test_entry_points_have_the_names_and_ports_that_nuvlas_compose_files_use() -> None:
    addresses = {name: point["address"] for name, point in static()["entryPoints"].items()}
    assert addresses == {
        "web": ":80",
        "websecure": ":443",
        "s3": ":9000",
        "traefik": ":8080",
        "health": "127.0.0.1:8082",
    }


def test_what_names_no_entry_point_is_on_80_and_443_alone() -> None:
    assert [name for name, point in static()["entryPoints"].items() if point.get("asDefault")] == ["web", "websecure"]


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
    assert swarm["endpoint"] == SOCKET
    assert swarm["allowEmptyServices"] is True


def test_a_request_that_nothing_matches_is_answered_with_503() -> None:
    router = dynamic()["http"]["routers"]["unmatched"]
    assert router["rule"] == "PathPrefix(`/`)"
    assert router["priority"] == 1
    assert router["entryPoints"] == ["websecure"]
    assert "tls" in router
    assert dynamic()["http"]["services"][router["service"]] == {"loadBalancer": {"servers": []}}


def test_what_is_the_programs_on_443_is_no_applications_while_the_programs_service_is_away() -> None:
    router = routers("websecure")["reserved"]
    assert router["rule"] == "PathPrefix(`/grafana`) || PathPrefix(`/prometheus`)"
    assert router["priority"] == published.FIRST - 1
    assert router["service"] in dynamic()["http"]["services"]
    assert "tls" in router


def test_connections_to_s3_are_closed_while_it_is_away() -> None:
    made = files(s3_port=9000, s3_name="s3.example.org")
    for entry_point, host in (("s3", "*"), ("websecure", "s3.example.org")):
        (router,) = made[f"/etc/traefik/dynamic/reserved-{entry_point}.yaml"]["tcp"]["routers"].values()
        assert router["entryPoints"] == [entry_point]
        assert router["rule"] == f"HostSNI(`{host}`)"
        assert router["priority"] == published.FIRST - 1
        assert router["tls"] == {}
        assert dynamic()["tcp"]["services"][router["service"]] == {"loadBalancer": {"servers": []}}
    assert "/etc/traefik/dynamic/reserved-s3.yaml" not in files(s3_port=None)


def test_where_nothing_is_the_programs_on_443_nothing_is_reserved() -> None:
    assert "/etc/traefik/dynamic/reserved.yaml" not in files(reserved=[])


def test_responses_are_compressed_by_a_middleware_that_exists() -> None:
    (middleware,) = static()["entryPoints"]["websecure"]["http"]["middlewares"]
    assert dynamic()["http"]["middlewares"][middleware.removesuffix("@file")] == {"compress": {"encodings": ["gzip"]}}


def test_uploads_of_an_hour_are_not_cut_off() -> None:
    assert static()["entryPoints"]["websecure"]["transport"]["respondingTimeouts"] == {"readTimeout": "65m"}


def test_on_the_port_of_s3_there_is_no_http_that_would_change_or_cut_off_what_is_sent() -> None:
    assert static()["entryPoints"]["s3"].keys() == {"address", "transport"}
    assert routers("s3") == {}


def test_it_has_closed_open_connections_long_before_docker_would_kill_it() -> None:
    """Whoever removes it waits no longer than Docker does, and fails if it is killed."""
    points = static()["entryPoints"]
    assert points.pop("health") == {"address": "127.0.0.1:8082"}, "nobody has open ones there"
    for point in points.values():
        assert point["transport"]["lifeCycle"] == {"graceTimeOut": "5s"}
    assert service().stop_grace_s >= 5 + 10


@pytest.mark.parametrize(
    ("middleware", "users"),
    [("nuvla-swarm-prometheus-login", "prometheus-users"), ("metrics-login", "metrics-users")],
)
def test_a_login_is_a_middleware_that_keeps_the_password_to_itself(middleware: str, users: str) -> None:
    assert dynamic()["http"]["middlewares"][middleware] == {
        "basicAuth": {"usersFile": f"/run/secrets/{users}", "removeHeader": True}
    }


def test_users_are_secrets_of_it() -> None:
    secrets = {secret.name: value(secret.content) for secret in service().secrets}
    assert secrets["prometheus-users"] == Secret("admin:BCRYPT:login-password")
    assert secrets["metrics-users"] == Secret("reader:BCRYPT:metrics-password")


def test_all_that_labels_of_the_program_refer_to_is_there() -> None:
    made = dynamic()
    there = {f"{name}@file" for name in (*made["http"]["middlewares"], *made["tcp"]["middlewares"])}
    assert {published.CONSOLES, *published.LOGIN} <= there
    labels = published.tcp("s3", 1, {"s3": "*"})
    assert {text for label, text in labels.items() if label.endswith(".middlewares")} <= there
    assert {text for label, text in labels.items() if label.endswith(".tls.options")} == {published.HTTP_1}
    assert made["tls"]["options"] == {published.HTTP_1.removesuffix("@file"): {"alpnProtocols": ["http/1.1"]}}


def test_the_programs_own_pages_are_for_the_networks_of_the_settings() -> None:
    allowed = dynamic()["http"]["middlewares"][published.CONSOLES.removesuffix("@file")]["ipAllowList"]
    assert allowed == {"sourceRange": ["192.0.2.0/24", "0.0.0.0/0"]}


def test_on_8080_there_is_nothing_that_is_not_for_the_operators_or_behind_a_login() -> None:
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


def test_operators_find_the_dashboard_at_the_root_of_8080() -> None:
    redirection = dynamic()["http"]["middlewares"]["dashboard"]["redirectRegex"]
    assert (
        re.sub(redirection["regex"], r"\1/dashboard/", "http://192.0.2.1:8080/") == "http://192.0.2.1:8080/dashboard/"
    )
    assert redirection["replacement"] == "${1}/dashboard/"


def test_its_health_is_asked_for_where_nobody_else_does() -> None:
    points = static()["entryPoints"]
    assert points[static()["ping"]["entryPoint"]]["address"].startswith("127.0.0.1:")


def test_its_own_certificate_is_the_default_and_its_files_are_where_it_looks_for_them() -> None:
    default = dynamic()["tls"]["stores"]["default"]["defaultCertificate"]
    assert files()[default["certFile"]] == "SELF-SIGNED-PEM:c-cert"
    assert default["keyFile"].removeprefix("/run/secrets/") in {secret.name for secret in service().secrets}


def test_it_reads_the_files_that_it_is_given() -> None:
    folder = static()["providers"]["file"]["directory"]
    assert {path for path in files() if path.startswith(f"{folder}/")} == {
        "/etc/traefik/dynamic/dynamic.yaml",
        "/etc/traefik/dynamic/reserved.yaml",
    }


def test_keys_and_hashes_are_secrets_and_in_no_file() -> None:
    secrets = {secret.name: value(secret.content) for secret in service().secrets}
    assert secrets.keys() == {"certificate-key", "prometheus-users", "metrics-users"}
    assert secrets["certificate-key"] == Secret("PRIVATE-KEY-PEM:c-key")
    assert not re.search("PRIVATE-KEY|BCRYPT|RESULT", str(files()))


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


def test_it_sees_nothing_of_its_machine_but_the_socket_of_the_proxy() -> None:
    assert list(service().mounts) == [VOLUME]
    assert SOCKET.removeprefix("unix://").startswith(f"{VOLUME.target}/")


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
