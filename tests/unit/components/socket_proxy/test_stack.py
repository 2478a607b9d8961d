"""components/socket_proxy/stack.py: the proxy of Docker's API on each machine.

What it lets through, and what it answers, is asked of HAProxy itself: see tests/files/test_files_answers.py.
"""

import re

from components import assets
from components.service.spec import Mount, Service, StackSpec
from components.socket_proxy.stack import ENDPOINT, SOCKET, VOLUME, socket_proxy
from components.traefik import published
from tests.support.builders import network
from tests.support.pulumi_run import build, start, value

CONFIG = assets.read("socket_proxy/files/haproxy.cfg")
ANSWERS = assets.read("socket_proxy/files/answers.lua")
DOCKER = "/var/run/docker.sock"
PUBLISHED = ["grafana", "s3"]


def spec(*, workers: bool = True, s3_name: str | None = None) -> StackSpec:
    start()
    return build(
        lambda: socket_proxy("haproxy:1", [network("api")], workers=workers, published=PUBLISHED, s3_name=s3_name)
    )


def services(*, workers: bool = True, s3_name: str | None = None) -> list[Service]:
    return list(spec(workers=workers, s3_name=s3_name).services)


def test_proxy_listens_on_the_network_and_a_socket_and_asks_the_engine() -> None:
    binds = re.findall(r"^  bind (\S+)", CONFIG, re.MULTILINE)
    assert binds == [f":{ENDPOINT.rpartition(':')[2]}", SOCKET.replace("unix://", "unix@")]
    assert f"  server engine unix@{DOCKER}\n" in CONFIG
    assert f'local ENGINE = "unix@{DOCKER}"\n' in ANSWERS


def test_proxy_rules_precede_the_engine_on_both_frontends() -> None:
    frontends = re.findall(r"^frontend (\w+)\n((?:  .+\n)+)", CONFIG, re.MULTILINE)
    assert [name for name, _ in frontends] == ["swarm", "machine"]
    for (_, lines), answers in zip(frontends, (["answers"], ["answers", "patient_answers"]), strict=True):
        rules = [re.sub(r" path_reg .*|( use-service \S+).*", r"\1", line.strip()) for line in lines.splitlines()]
        assert [rule for rule in rules if rule != "acl wanted"][1:] == [
            "http-request deny deny_status 403 unless { method GET HEAD }",
            "http-request deny deny_status 403 unless wanted",
            *(f"http-request use-service lua.{name}" for name in answers),
            "http-request del-header upgrade",
            "default_backend engine",
        ]


def test_reserved_names_and_priorities_are_those_of_the_program() -> None:
    assert f'local PREFIX = "{published.PREFIX}"' in ANSWERS
    longest = re.search(r"^local LONGEST_PRIORITY = (\d+)", ANSWERS, re.MULTILINE)
    assert longest
    assert len(str(published.TOP_PRIORITY)) > int(longest[1])


def test_proxy_knows_published_services_and_the_name_of_s3() -> None:
    for s3_name, variable in (("s3.example.org", "s3.example.org"), (None, "")):
        variables = {"PUBLISHED": "grafana,s3", "S3_NAME": variable}
        assert [dict(service.env) for service in services(s3_name=s3_name)] == [variables] * 2
    assert 'os.getenv("PUBLISHED")' in ANSWERS
    assert 'os.getenv("S3_NAME")' in ANSWERS


def test_proxy_of_managers_has_the_name_of_the_endpoint() -> None:
    constraints = {service.name: list(service.constraints) for service in services()}
    assert constraints == {
        "socket-proxy": ["node.role==manager"],
        "socket-proxy-worker": ["node.role==worker"],
    }
    assert ENDPOINT == "http://socket-proxy:2375"


def test_swarm_without_workers_has_no_worker_proxy() -> None:
    assert [service.name for service in services(workers=False)] == ["socket-proxy"]


def test_proxy_runs_on_each_machine() -> None:
    assert [service.replicas for service in services()] == [None, None]


def test_proxy_mounts_the_engine_socket_read_only_and_offers_its_own() -> None:
    for service in services():
        assert list(service.mounts) == [
            Mount(type="bind", source=DOCKER, target=DOCKER, read_only=True),
            Mount(type="volume", source="docker-proxy", target="/run/docker-proxy"),
        ]
        assert service.user == "0"  # whose the socket is
    assert SOCKET.removeprefix("unix://").startswith(VOLUME.target)
    assert VOLUME.read_only, "of those who ask"


def test_proxy_is_reached_over_its_network_alone() -> None:
    for service in services():
        assert [value(on.network.name) for on in service.networks] == ["api"]
        assert list(service.ports) == []
        assert dict(service.labels) == {}


def test_proxy_health_is_the_ping_of_the_engine() -> None:
    for service in services():
        assert service.health.command[-1] == "http://127.0.0.1:2375/_ping"


def test_proxy_files_are_where_haproxy_looks_for_them() -> None:
    for service in services():
        assert {file.path: file.content for file in service.files} == {
            "/usr/local/etc/haproxy/haproxy.cfg": CONFIG,
            "/usr/local/etc/haproxy/answers.lua": ANSWERS,
        }
    assert "  lua-load /usr/local/etc/haproxy/answers.lua\n" in CONFIG


def test_preview_shows_services_and_settings_of_the_proxy() -> None:
    made = spec(s3_name="s3.example.org")
    assert made.settings == {
        "services": ["socket-proxy", "socket-proxy-worker"],
        "memory_limit_mib": 256,
        "published": PUBLISHED,
        "s3_name": "s3.example.org",
    }
    assert {(service.image, service.memory_limit_mib) for service in made.services} == {("haproxy:1", 256)}
