"""components/socket_proxy/socket_proxy.py: the proxy of Docker's API, and what it lets through."""

import re

import pytest

from components import assets
from components.service.spec import Mount, Service
from components.socket_proxy.socket_proxy import ENDPOINT, SOCKET, VOLUME, socket_proxy
from tests.mocked import build, start, value
from tests.unit.parts import network

CONFIG = assets.read("socket_proxy/files/haproxy.cfg")
DOCKER = "/var/run/docker.sock"
CONTAINER = "0123456789ab" * 5 + "0123"
NODE = "abcdefghij0123456789abcde"

# What Traefik, Prometheus and cAdvisor ask for, with and without a version before it.
ALLOWED = [
    "/_ping",
    "/version",
    "/info",
    "/services",
    "/tasks",
    "/nodes",
    f"/nodes/{NODE}",
    "/networks",
    f"/containers/{CONTAINER}/json",
    f"/containers/{CONTAINER[:12]}/json",
]
REFUSED = [
    "/",
    "/secrets",
    "/configs",
    "/swarm",
    "/swarm/unlockkey",
    "/containers/json",
    "/containers/create",
    f"/containers/{CONTAINER}/exec",
    f"/containers/{CONTAINER}/logs",
    f"/containers/{CONTAINER}/archive",
    f"/containers/{CONTAINER}/export",
    f"/containers/{CONTAINER}/attach/ws",
    "/containers/web/json",
    "/images/json",
    "/volumes",
    "/events",
    "/session",
    "/services/create",
    "/services/web",
    "/services/web/logs",
    f"/nodes/{NODE}/update",
    "/networks/create",
    "/versions",
    "/_ping/../secrets",
    "/services/../secrets",
    "//services",
    "/v1.41/v1.41/services",
    "/services/",
    "/%73ervices",
    "/SERVICES",
]


def services(*, workers: bool = True) -> list[Service]:
    start()
    return list(build(lambda: socket_proxy("haproxy:1", [network("api")], workers=workers)).services)


def passes(path: str) -> bool:
    """Whether a rule of the file names the path; what no rule names is denied."""
    rules = re.findall(r"^  acl allowed path_reg (\S+)$", CONFIG, re.MULTILINE)
    assert rules
    assert "\n  http-request deny deny_status 403 unless allowed\n" in CONFIG
    return any(re.search(rule, path) for rule in rules)


@pytest.mark.parametrize("version", ["", "/v1.24", "/v1.41"])
@pytest.mark.parametrize("path", ALLOWED)
def test_what_is_needed_is_let_through_in_every_version_of_the_api(path: str, version: str) -> None:
    assert passes(version + path)


@pytest.mark.parametrize("version", ["", "/v1.41"])
@pytest.mark.parametrize("path", REFUSED)
def test_everything_else_is_refused(path: str, version: str) -> None:
    assert not passes(version + path)


def test_only_what_reads_is_let_through() -> None:
    denied = re.findall(r"^  http-request deny deny_status 403 unless \{ method (.+) \}$", CONFIG, re.MULTILINE)
    assert denied == ["GET HEAD"]
    assert not re.search(r"http-request (allow|set|replace|redirect|use-service|lua)", CONFIG)


def test_both_rules_stand_before_anything_reaches_the_engine() -> None:
    frontend = CONFIG.partition("frontend api\n")[2].partition("\nbackend ")[0]
    lines = [line.strip() for line in frontend.splitlines() if line.strip() and "#" not in line]
    assert [line.split()[0] for line in lines if not line.startswith("acl")] == [
        "bind",
        "bind",
        "http-request",
        "http-request",
        "default_backend",
    ]


def test_it_listens_for_the_swarm_and_for_its_own_machine_and_asks_the_engine() -> None:
    binds = re.findall(r"^  bind (\S+)", CONFIG, re.MULTILINE)
    assert binds == [f":{ENDPOINT.rpartition(':')[2]}", SOCKET.replace("unix://", "unix@")]
    assert f"  server engine unix@{DOCKER}\n" in CONFIG


def test_managers_ones_have_the_name_that_others_ask_and_workers_ones_another() -> None:
    constraints = {service.name: list(service.constraints) for service in services()}
    assert constraints == {
        "socket-proxy": ["node.role==manager"],
        "socket-proxy-worker": ["node.role==worker"],
    }
    assert ENDPOINT == "http://socket-proxy:2375"


def test_without_workers_there_is_none_for_them() -> None:
    assert [service.name for service in services(workers=False)] == ["socket-proxy"]


def test_there_is_one_on_each_machine() -> None:
    assert [service.replicas for service in services()] == [None, None]


def test_it_may_only_read_the_socket_and_makes_its_own_on_a_volume_of_the_machine() -> None:
    for service in services():
        assert list(service.mounts) == [
            Mount(type="bind", source=DOCKER, target=DOCKER, read_only=True),
            Mount(type="volume", source="docker-proxy", target="/run/docker-proxy"),
        ]
        assert service.user == "0"  # whose the socket is
    assert SOCKET.removeprefix("unix://").startswith(VOLUME.target)


def test_it_is_reached_over_its_network_alone() -> None:
    for service in services():
        assert [value(on.network.name) for on in service.networks] == ["api"]
        assert list(service.ports) == []
        assert dict(service.labels) == {}


def test_its_health_is_the_engines_by_way_of_the_proxy() -> None:
    for service in services():
        url = service.health.command[-1]
        assert url.startswith("http://127.0.0.1:2375")
        assert passes(url.removeprefix("http://127.0.0.1:2375"))


def test_it_reads_its_configuration_where_its_image_looks_for_it() -> None:
    for service in services():
        (file,) = service.files
        assert (file.path, file.content) == ("/usr/local/etc/haproxy/haproxy.cfg", CONFIG)


def test_it_shows_what_it_is() -> None:
    start()
    spec = build(lambda: socket_proxy("haproxy:1", [network("api")], workers=True))
    assert spec.settings == {"services": ["socket-proxy", "socket-proxy-worker"], "memory_limit_mib": 128}
    assert {(service.image, service.memory_limit_mib) for service in spec.services} == {("haproxy:1", 128)}
