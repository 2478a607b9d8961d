"""components/socket_proxy/files: what HAProxy lets through to the engine, and what of its answers it passes on."""

import http.client
import json
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from components.socket_proxy.stack import MEMORY_LIMIT_MIB
from tests.files.docker_api import FILES, PATIENCE_S, Proxy, placed, proxy
from tests.files.shipped import says
from tests.support.crowd import crowd
from tests.support.rows import rows

pytestmark = pytest.mark.tools("haproxy")

CONTAINER = "0123456789ab" * 5 + "0123"
NODE = "abcdefghij0123456789abcde"

# What Prometheus asks for over the network, Traefik and cAdvisor on their own machine; also with a version before it.
EVERYWHERE = ["/_ping", "/version", "/services", "/tasks", "/networks"]
ALLOWED = {
    "swarm": [*EVERYWHERE, "/nodes"],
    "machine": [
        *EVERYWHERE,
        "/info",
        f"/nodes/{NODE}",
        f"/containers/{CONTAINER}/json",
        f"/containers/{CONTAINER[:12]}/json",
    ],
}
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
    f"/containers/{CONTAINER}/json/",
    f"/containers/{CONTAINER}5/json",
    f"/containers/{CONTAINER[:11]}/json",
    f"/containers/{CONTAINER[:12].upper()}/json",
    "/containers/web/json",
    "/containers/../secrets/json",
    "/images/json",
    "/volumes",
    "/events",
    "/session",
    "/grpc",
    "/services/create",
    "/services/web",
    "/services/web/logs",
    f"/tasks/{NODE}",
    f"/nodes/{NODE}/update",
    "/networks/create",
    "/versions",
    "/_ping/../secrets",
    "/services/../secrets",
    "//services",
    "/v1.41/v1.41/services",
    "/v/services",
    "/v1.41services",
    "/services/",
    "/services;a",
    "/services%0a",
    "/services%3f",
    "/%73ervices",
    "/SERVICES",
]
METHODS = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy(tmp_path_factory.mktemp("proxy")) as made:
        yield made


def described(reply: Any) -> Any:
    assert reply.status == 200
    return json.loads(reply.body)


# The configuration


def test_haproxy_accepts_the_proxy_configuration(tmp_path: Path) -> None:
    assert says("haproxy", "-c", "-f", placed(tmp_path)) == ""


@rows(
    "file, right, wrong",
    [("haproxy.cfg", "unless wanted", "unless wnted"), ("answers.lua", "end)", "")],
)
def test_haproxy_rejects_a_broken_configuration(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    configuration = placed(tmp_path)
    (tmp_path / file).write_text((tmp_path / file).read_text().replace(right, wrong, 1))
    assert says("haproxy", "-c", "-f", configuration)


def test_every_proxy_file_is_checked_by_haproxy() -> None:
    files = sorted(path.name for path in FILES.iterdir())
    assert files == ["answers.lua", "haproxy.cfg"], "add what reads a new file to the tests of this module"


# Who may ask for what


@rows("version", ["", "/v1.24", "/v1.51"])
@rows("bind, path", [(bind, path) for bind, paths in ALLOWED.items() for path in paths])
def test_allowed_paths_reach_the_engine(shipped: Proxy, bind: str, path: str, version: str) -> None:
    shipped.engine.answers("[]")
    assert shipped.ask(version + path, bind).status == 200
    assert [(method, asked) for method, asked, _ in shipped.engine.asked] == [("GET", version + path)]


@rows("version", ["", "/v1.41"])
@rows("bind", ALLOWED)
@rows("path", REFUSED)
def test_all_other_paths_are_forbidden(shipped: Proxy, bind: str, path: str, version: str) -> None:
    shipped.engine.answers("[]")
    assert shipped.ask(version + path, bind).status == 403
    assert shipped.engine.asked == []


@rows(
    "bind, path",
    [
        *(("swarm", path) for path in ALLOWED["machine"] if path not in ALLOWED["swarm"]),
        *(("machine", path) for path in ALLOWED["swarm"] if path not in ALLOWED["machine"]),
    ],
)
def test_paths_of_one_bind_are_forbidden_on_the_other(shipped: Proxy, bind: str, path: str) -> None:
    shipped.engine.answers("[]")
    assert shipped.ask(path, bind).status == 403
    assert shipped.engine.asked == []


@rows("method", METHODS)
@rows("path", ["/_ping", "/services", f"/containers/{CONTAINER}/json"])
def test_methods_other_than_get_and_head_are_forbidden(shipped: Proxy, path: str, method: str) -> None:
    shipped.engine.answers("[]")
    assert shipped.ask(path, method=method).status in (400, 403)
    assert shipped.engine.asked == []


@rows("bind", ALLOWED)
@rows("path", ["/_ping", "/services", "/networks"])
def test_connection_upgrades_are_stripped(shipped: Proxy, path: str, bind: str) -> None:
    """An engine that upgrades it would pass bytes on, whatever they are."""
    shipped.engine.answers("[]")
    assert shipped.ask(path, bind, headers={"Connection": "Upgrade", "Upgrade": "h2c"}).status == 200
    ((_, _, headers),) = shipped.engine.asked
    assert "upgrade" not in headers


@rows("path", ["/services", "/tasks", "/networks"])
@rows("query", ["filters=%7B%22service%22%3A%7B%22a%22%3Atrue%7D%7D", "status=true&a=b", "a=/secrets?"])
def test_query_strings_are_forwarded_unchanged(shipped: Proxy, path: str, query: str) -> None:
    shipped.engine.answers("[]")
    assert shipped.ask(f"/v1.41{path}?{query}").status == 200
    assert [asked for _, asked, _ in shipped.engine.asked] == [f"/v1.41{path}?{query}"]


@rows("path", ["/_ping", "/services", f"/containers/{CONTAINER}/json"])
def test_head_requests_return_headers_without_a_body(shipped: Proxy, path: str) -> None:
    shipped.engine.answers("[]" if path == "/services" else "{}")
    reply = shipped.ask(path, method="HEAD")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "2")


# What the engine says


@rows("status", [400, 404, 500, 503])
@rows("path, bind", [("/networks", "swarm"), ("/services", "swarm"), (f"/containers/{CONTAINER}/json", "machine")])
def test_engine_errors_are_forwarded(shipped: Proxy, path: str, bind: str, status: int) -> None:
    shipped.engine.answers('{"message":"this node is not a swarm manager"}', status=status)
    reply = shipped.ask(path, bind)
    assert (reply.status, json.loads(reply.body)) == (status, {"message": "this node is not a swarm manager"})


@rows("chunked", [False, True], ids=["whole", "in parts"])
def test_replies_carry_length_and_content_type(shipped: Proxy, *, chunked: bool) -> None:
    services = [{"ID": str(number), "Spec": {"Name": "web", "Labels": {"a": "b" * 1000}}} for number in range(100)]
    shipped.engine.answers(json.dumps(services), chunked=chunked)
    reply = shipped.ask("/services")
    assert described(reply) == services
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-length"] == str(len(reply.body))


@rows("path", ["/services", "/tasks"])
@rows("nothing", ["[]", "[ ]", "[]\n", "null", "null\n"])
def test_empty_engine_replies_are_forwarded(shipped: Proxy, path: str, nothing: str) -> None:
    shipped.engine.answers(nothing)
    assert described(shipped.ask(path)) == json.loads(nothing)


SERVICES = '[{"Spec":{"Name":"web","TaskTemplate":{"ContainerSpec":{"Env":["WORD=secret"]}}}}]'
BROKEN = {
    "cut": SERVICES[:-2],
    "cut in a text": SERVICES[: SERVICES.index("secret") + 3],
    "cut in a name": SERVICES[: SERVICES.index("Spec") + 2],
    "cut in an escape": SERVICES[: SERVICES.index("web")] + "\\",
    "cut in a number": '[{"Spec":{"Name":"web"},"Version":1',
    "without a name": SERVICES.replace('"Name":"web",', ""),
}


@rows("body", BROKEN.values(), ids=BROKEN)
def test_malformed_engine_replies_become_502(shipped: Proxy, body: str) -> None:
    shipped.engine.answers(body)
    reply = shipped.ask("/services")
    assert (reply.status, reply.body) == (502, b"")
    assert "an answer of Docker is not passed on, as it is not understood" in shipped.log()
    assert "secret" not in shipped.log()


@rows("body", [SERVICES[:-1] + "}", SERVICES + SERVICES, SERVICES + "secret"])
def test_data_after_the_json_document_is_dropped(shipped: Proxy, body: str) -> None:
    shipped.engine.answers(body)
    assert b"secret" not in shipped.ask("/services").body


def test_truncated_engine_replies_become_502(shipped: Proxy) -> None:
    shipped.engine.answers(SERVICES[:-5], promised=len(SERVICES))
    reply = shipped.ask("/services")
    assert (reply.status, reply.body) == (502, b"")


@rows("before", [" ", "\n", "\ufeff", "garbage"])
def test_json_documents_behind_a_prefix_lose_their_secrets(shipped: Proxy, before: str) -> None:
    shipped.engine.answers(before + SERVICES)
    assert b"secret" not in shipped.ask("/services").body


def test_proxy_answers_503_without_an_engine(tmp_path: Path) -> None:
    with proxy(tmp_path) as made:
        (tmp_path / "engine").unlink()
        assert {path: made.ask(path, "swarm").status for path in ("/networks", "/services", "/tasks")} == {
            "/networks": 503,
            "/services": 503,
            "/tasks": 503,
        }


# What is nobody's business


SPEC: dict[str, Any] = {
    "Image": "web:1@sha256:0",
    "Labels": {"a": "b"},
    "Command": ["secret"],
    "Args": ["--password", "secret"],
    "Env": ["WORD=secret"],
    "Dir": "/",
    "Mounts": [{"Type": "volume", "VolumeOptions": {"DriverConfig": {"Options": {"o": "password=secret"}}}}],
    "Healthcheck": {"Test": ["CMD", "check", "--password=secret"]},
    "Secrets": [{"SecretName": "s"}],
    "Configs": [{"ConfigName": "c"}],
}
SHOWN = {"Image": "web:1@sha256:0", "Labels": {"a": "b"}}
TEMPLATE: dict[str, Any] = {
    "ContainerSpec": SPEC,
    "Networks": [{"Target": "n-1", "Aliases": ["web"]}],
    "Placement": {"Constraints": ["node.role==manager"]},
    "Resources": {"Limits": {"MemoryBytes": 1048576}},
    "ForceUpdate": 0,
}
SERVICE: dict[str, Any] = {
    "ID": "s-1",
    "Version": {"Index": 12},
    "CreatedAt": "2026-01-01T00:00:00.123456789Z",
    "Spec": {
        "Name": "web",
        "Labels": {
            "com.docker.stack.namespace": "shop",
            "traefik.enable": "true",
            "traefik.http.routers.w.rule": "Path(`/`)",
        },
        "TaskTemplate": TEMPLATE,
        "Mode": {"Replicated": {"Replicas": 2}},
        "EndpointSpec": {
            "Mode": "vip",
            "Ports": [{"TargetPort": 80, "PublishedPort": 30000, "PublishMode": "ingress"}],
        },
        "UpdateConfig": {"Parallelism": 1, "MaxFailureRatio": 1e-3},
    },
    "PreviousSpec": {"Name": "web", "Labels": {}, "TaskTemplate": TEMPLATE},
    "Endpoint": {
        "Spec": {"Mode": "vip"},
        "Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 30000}],
        "VirtualIPs": [{"NetworkID": "n-1", "Addr": "10.0.0.2/24"}],
    },
    "UpdateStatus": {"State": "completed", "Message": "update completed"},
}
TASK: dict[str, Any] = {
    "ID": "t-1",
    "Labels": {},
    "Spec": TEMPLATE,
    "ServiceID": "s-1",
    "Slot": 1,
    "NodeID": NODE,
    "Status": {
        "State": "running",
        "ContainerStatus": {"ContainerID": CONTAINER, "PID": 7},
        "PortStatus": {"Ports": [{"TargetPort": 80}]},
    },
    "DesiredState": "running",
    "NetworksAttachments": [{"Network": {"ID": "n-1", "Spec": {"Name": "front"}}, "Addresses": ["10.0.0.3/24"]}],
}
INSPECTED: dict[str, Any] = {
    "Id": CONTAINER,
    "Created": "2026-01-01T00:00:00Z",
    "Path": "/bin/web",
    "Args": ["--password", "secret"],
    "State": {"Status": "running", "Pid": 7},
    "Image": "sha256:0",
    "Name": "/web.1.t-1",
    "RestartCount": 0,
    "HostConfig": {"NetworkMode": "default", "Memory": 1048576, "NanoCpus": 0, "PortBindings": {}},
    "GraphDriver": {"Name": "overlay2", "Data": {"UpperDir": "/var/lib/docker/overlay2/0/diff"}},
    "Config": {
        "Hostname": "web",
        "Env": ["WORD=secret"],
        "Cmd": ["secret"],
        "Entrypoint": ["secret"],
        "Image": "web:1",
        "Labels": {"com.docker.swarm.service.name": "web", "com.docker.stack.namespace": "shop"},
    },
    "NetworkSettings": {"IPAddress": "", "Networks": {"front": {"IPAddress": "10.0.0.3"}}},
}


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


@rows("indent", [None, 2], ids=["compact", "indented"])
@rows("bind", ALLOWED)
def test_service_replies_hide_how_containers_are_started(shipped: Proxy, bind: str, indent: int | None) -> None:
    shipped.engine.answers(json.dumps([SERVICE, SERVICE], indent=indent))
    spec = SERVICE["Spec"] | {"TaskTemplate": TEMPLATE | {"ContainerSpec": SHOWN}}
    expected = without(SERVICE, "PreviousSpec") | {"Spec": spec}
    reply = shipped.ask("/v1.41/services", bind)
    assert described(reply) == [expected, expected]
    assert b"secret" not in reply.body


@rows("indent", [None, 2], ids=["compact", "indented"])
@rows("bind", ALLOWED)
def test_task_replies_hide_how_containers_are_started(shipped: Proxy, bind: str, indent: int | None) -> None:
    shipped.engine.answers(json.dumps([TASK], indent=indent))
    reply = shipped.ask("/v1.41/tasks", bind)
    assert described(reply) == [TASK | {"Spec": TEMPLATE | {"ContainerSpec": SHOWN}}]
    assert b"secret" not in reply.body


@rows("indent", [None, 2], ids=["compact", "indented"])
def test_container_replies_hide_how_the_container_is_started(shipped: Proxy, indent: int | None) -> None:
    shipped.engine.answers(json.dumps(INSPECTED, indent=indent))
    config = without(INSPECTED["Config"], "Env", "Cmd", "Entrypoint")
    reply = shipped.ask(f"/v1.41/containers/{CONTAINER}/json")
    assert described(reply) == without(INSPECTED, "Args") | {"Config": config}
    assert b"secret" not in reply.body


@rows(
    "path, document",
    [
        ("/services", [{"Spec": {"Name": "p", "TaskTemplate": {"PluginSpec": {"Env": ["WORD=secret"]}}}}]),
        (
            f"/containers/{CONTAINER}/json",
            {"Config": {"Healthcheck": {"Test": ["CMD", "check", "--password=secret"]}}},
        ),
        (f"/containers/{CONTAINER}/json", {"State": {"Health": {"Log": [{"Output": "secret"}]}}}),
        (
            f"/containers/{CONTAINER}/json",
            {"HostConfig": {"Mounts": [{"VolumeOptions": {"DriverConfig": {"Options": {"o": "password=secret"}}}}]}},
        ),
    ],
    ids=["environment of a plugin", "check of health", "what a check of health said", "options of a volume"],
)
def test_passwords_in_other_fields_are_hidden(shipped: Proxy, path: str, document: Any) -> None:
    shipped.engine.answers(json.dumps(document))
    assert b"secret" not in shipped.ask(path).body


def test_node_and_network_replies_are_forwarded_unchanged(shipped: Proxy) -> None:
    text = json.dumps([{"ID": "1", "Spec": {"Name": "a", "Labels": {"traefik.tcp.a": "b"}}, "Args": []}], indent=1)
    shipped.engine.answers(text)
    assert shipped.ask("/networks").body.decode() == shipped.ask("/nodes", "swarm").body.decode() == text


# Size


def test_proxy_filters_2000_services_within_its_memory_limit(tmp_path: Path) -> None:
    many = [
        SERVICE | {"ID": f"s-{number}", "Spec": SERVICE["Spec"] | {"Name": f"web-{number}"}} for number in range(2000)
    ]
    for service in many:
        service["PreviousSpec"] = SERVICE["PreviousSpec"] | {"Padding": "x" * 1500}
    body = json.dumps(many)
    assert 5e6 < len(body) < 8e6
    placed_with_time = ("global\n", "global\n  tune.lua.service-timeout 60s\n")  # computers of tests do much else
    with proxy(tmp_path, changed=placed_with_time) as made:
        made.engine.answers(body, chunked=True)
        reply = made.ask("/services")
        assert [service["ID"] for service in described(reply)] == [service["ID"] for service in many]
        assert b"secret" not in reply.body
        status = Path(f"/proc/{made.process.pid}/status").read_text()
        (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        assert int(peak) < MEMORY_LIMIT_MIB * 1024


# An engine without an answer


@pytest.mark.parametrize("path", ["/services", "/tasks?filters=a", "/networks", "/version", f"/nodes/{NODE}"])
def test_traefik_gets_its_answer_once_the_engine_has_one(shipped: Proxy, path: str) -> None:
    """As while managers choose a leader."""
    shipped.engine.answers('{"message":"The swarm does not have a leader."}', status=503)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(shipped.ask, path)
        while len(shipped.engine.asked) < 3:
            assert not asked.done()
            time.sleep(0.01)
        shipped.engine.answers("[]")
        reply = asked.result(PATIENCE_S * crowd())
    assert (reply.status, reply.body) == (200, b"[]")


def test_engine_that_is_silent_is_asked_again(tmp_path: Path) -> None:
    """It waits for the answer of a leader that has died."""
    with proxy(tmp_path, changed=("TIMEOUT_MS = 5000", "TIMEOUT_MS = 100")) as made, ThreadPoolExecutor(1) as pool:
        made.engine.answers("[]", delay_s=1)
        asked = pool.submit(made.ask, "/tasks")
        while len(made.engine.asked) < 2:
            assert not asked.done()
            time.sleep(0.01)
        made.engine.answers("[]")
        assert asked.result(PATIENCE_S * crowd()).status == 200


def test_traefik_gets_the_error_in_the_end(tmp_path: Path) -> None:
    # The proxy counts whole seconds: the first one may end before the engine has been asked twice, and so may all of
    # them on a busy computer.
    for patience_s in (3, 9, 27):
        with proxy(tmp_path, changed=("PATIENCE_S = 40", f"PATIENCE_S = {patience_s}")) as made:
            made.engine.answers('{"message":"This node is not a swarm manager."}', status=503)
            reply = made.ask("/tasks")
            assert (reply.status, b"no" in reply.body) == (503, True)
            if len(made.engine.asked) > 1:
                return
    pytest.fail("the engine was asked once in 27 s")


@pytest.mark.parametrize("path", ["/services", "/tasks", "/nodes"])
def test_prometheus_which_has_other_managers_gets_an_error_at_once(shipped: Proxy, path: str) -> None:
    shipped.engine.answers("{}", status=503)
    assert shipped.ask(path, "swarm").status == 503
    assert len(shipped.engine.asked) == 1


@pytest.mark.parametrize("status", [404, 400])
def test_traefik_gets_other_answers_at_once(shipped: Proxy, status: int) -> None:
    shipped.engine.answers("{}", status=status)
    assert shipped.ask("/tasks").status == status
    assert len(shipped.engine.asked) == 1


def test_proxy_that_stops_answers_as_long_as_traefik_serves(tmp_path: Path) -> None:
    for grace_s in (4, 16, 64):  # a busy computer takes so long for an answer that the time is over: then a longer one
        with proxy(tmp_path, environment={"GRACE_S": str(grace_s)}) as made:
            began = time.monotonic()
            made.process.send_signal(signal.SIGUSR1)
            try:
                while time.monotonic() - began < 1.5:
                    assert made.ask("/tasks").status == 200
            except (OSError, http.client.HTTPException):
                assert time.monotonic() - began >= grace_s, "it has stopped too early"
                continue
            made.process.wait(grace_s + PATIENCE_S * crowd())
            return
    pytest.fail("no answer in 64 s")
