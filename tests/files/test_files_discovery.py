"""What Prometheus finds on a swarm: `promtool` asks a stand-in of Docker's API, and each task is one target."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.files.monitored import configuration, run
from tests.support.rows import rows

pytestmark = pytest.mark.tools("promtool")

# promtool waits for the whole of its bound, and finds nothing at all if the last answer of the API comes later.
BOUNDS_S = (5, 20, 80)
NETWORKS = ["traefik-public", "docker-api", "monitoring"]
MACHINES = {"manager-1": "10.0.0.1", "manager-2": "10.0.0.2", "worker-1": "10.0.0.3"}
MANAGERS = ["manager-1", "manager-2"]
# Service: machines of its tasks, networks, published ports.
SERVICES: dict[str, tuple[list[str], list[str], list[int]]] = {
    "traefik": (MANAGERS, NETWORKS, [80, 443, 8080, 9000]),
    "grafana": (["manager-1"], ["traefik-public", "monitoring"], []),
    "node-exporter": ([*MACHINES], ["monitoring"], []),
    "cadvisor": ([*MACHINES], ["monitoring"], []),
    "application": (["worker-1"], ["traefik-public"], [32768]),
}


def nodes() -> list[dict[str, Any]]:
    """The first manager, whom the answer comes from, does not know its own address."""
    described = []
    for name, address in MACHINES.items():
        manager = name in MANAGERS
        node: dict[str, Any] = {
            "ID": f"id-{name}",
            "Spec": {
                "Role": "manager" if manager else "worker",
                "Availability": "active",
                "Labels": {"nuvla-swarm.machine": name},
            },
            "Description": {"Hostname": f"host-of-{name}", "Platform": {}, "Engine": {}},
            "Status": {"State": "ready", "Addr": "0.0.0.0" if name == "manager-1" else address},
        }
        if manager:
            node["ManagerStatus"] = {"Leader": False, "Reachability": "reachable", "Addr": f"{address}:2377"}
        described.append(node)
    return described


def published(service: str) -> list[dict[str, Any]]:
    return [
        {"Protocol": "tcp", "TargetPort": port, "PublishedPort": port, "PublishMode": "host"}
        for port in SERVICES[service][2]
    ]


def services() -> list[dict[str, Any]]:
    return [
        {"ID": f"id-{name}", "Spec": {"Name": name, "Mode": {"Global": {}}}, "Endpoint": {"Ports": published(name)}}
        for name in SERVICES
    ]


def tasks() -> list[dict[str, Any]]:
    return [
        {
            "ID": f"{service}-{machine}",
            "ServiceID": f"id-{service}",
            "NodeID": f"id-{machine}",
            "DesiredState": "running",
            "Spec": {"ContainerSpec": {"Labels": {}}},
            "Status": {"State": "running", "PortStatus": {"Ports": published(service)}},
            "NetworksAttachments": [
                {
                    "Network": {"ID": f"id-{network}"},
                    "Addresses": [f"172.16.{NETWORKS.index(network)}.{10 * order + number}/24"],
                }
                for network in networks
            ],
        }
        for order, (service, (machines, networks, _)) in enumerate(SERVICES.items(), start=1)
        for number, machine in enumerate(machines, start=1)
    ]


class Docker(BaseHTTPRequestHandler):
    """The paths that the socket proxy lets pass."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/v1.41")
        answers: dict[str, Any] = {
            "/_ping": "OK",
            "/nodes": nodes(),
            "/services": services(),
            "/tasks": tasks(),
            "/networks": [{"ID": f"id-{name}", "Name": name, "Scope": "swarm"} for name in NETWORKS],
        }
        self.send_response(200 if path in answers else 403)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(json.dumps(answers.get(path, {"message": "refused"})).encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


@pytest.fixture(scope="module")
def docker() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Docker) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def found(docker: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The targets of each job that are left after relabelling; the same labels twice are one target."""
    main = configuration(tmp_path_factory.mktemp("prometheus"))
    for file in (main, *main.parent.glob("scrape.d/*.yml")):
        file.write_text(file.read_text().replace("http://socket-proxy:2375", docker))

    def ask(job: str) -> list[dict[str, str]]:
        for bound_s in BOUNDS_S:
            said = run("promtool", "check", "service-discovery", f"--timeout={bound_s}s", main, job)
            if results := json.loads(said):
                break
        left = [result["labels"] for result in results or [] if result["labels"]]
        return [dict(labels) for labels in sorted({tuple(sorted(labels.items())) for labels in left})]

    jobs = ["node-exporter", "cadvisor", "traefik", "grafana", "engine", "traefik-probe", "nfs", "s3"]
    with ThreadPoolExecutor() as pool:
        return dict(zip(jobs, pool.map(ask, jobs), strict=True))


@rows(
    "job, label, expected",
    [
        ("node-exporter", "__address__", ["172.16.2.31:9100", "172.16.2.32:9100", "172.16.2.33:9100"]),
        ("cadvisor", "__address__", ["172.16.2.41:8080", "172.16.2.42:8080", "172.16.2.43:8080"]),
        ("traefik", "__address__", ["172.16.2.11:8080", "172.16.2.12:8080"]),
        ("grafana", "__address__", ["172.16.2.21:3000"]),
        ("engine", "__address__", ["10.0.0.1:9323", "10.0.0.2:9323", "10.0.0.3:9323"]),
        ("traefik-probe", "__param_target", ["172.16.2.11:443", "172.16.2.12:443"]),
        ("nfs", "__param_target", ["10.0.0.1:2049"]),
        ("s3", "__param_target", ["https://traefik:9000/health"]),
    ],
)
def test_prometheus_finds_one_target_per_task(
    found: dict[str, list[dict[str, str]]], job: str, label: str, expected: list[str]
) -> None:
    assert sorted(target[label] for target in found[job]) == expected


def test_targets_are_named_after_their_machines(found: dict[str, list[dict[str, str]]]) -> None:
    for job in ("node-exporter", "cadvisor", "engine"):
        assert [target["node"] for target in found[job]] == [*MACHINES]
    for job in ("traefik", "traefik-probe"):
        assert [target["node"] for target in found[job]] == MANAGERS
    named = [target for job, targets in found.items() if job != "s3" for target in targets]
    assert all(target["instance"] == target["node"] for target in named)


def test_engine_targets_carry_role_and_availability(found: dict[str, list[dict[str, str]]]) -> None:
    roles = [(target["role"], target["availability"]) for target in found["engine"]]
    assert roles == [("manager", "active"), ("manager", "active"), ("worker", "active")]


def test_probes_go_through_the_blackbox_exporter(found: dict[str, list[dict[str, str]]]) -> None:
    asked = {job: {target["__address__"] for target in found[job]} for job in ("traefik-probe", "nfs", "s3")}
    assert all(addresses == {"blackbox:9115"} for addresses in asked.values())
