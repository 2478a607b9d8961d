"""Applications of a hostile tenant: they claim all names, labels, paths and ports that the program uses in a swarm."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.harness import STACK_LABEL, Stack
from tests.e2e.machines import patience
from tests.e2e.waiting import wait_for

WHOAMI = "whoami:test"
APPLICATION_MARK = "Hostname:"  # in every answer of an application
PUBLIC_NETWORK = "traefik-public"
HIGHEST_PRIORITY = str(2**63 - 1 - 1000)  # priority of a router that is not Traefik's own
PREFIX = "nuvla-swarm-"
BATCH_SIZE = 20


@dataclass
class Application:
    """A service that a tenant deploys. Its answers under `path` show that Traefik knows of it."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/{self.name}"

    def command(self, entry_point: str) -> list[str]:
        """Return the command that creates the service on a manager, with a route to its path."""
        router, service = f"traefik.http.routers.{self.name}", f"traefik.http.services.{self.name}.loadbalancer.server"
        own = {
            "traefik.enable": "true",
            f"{router}.rule": f"Path(`{self.path}`)",
            f"{router}.entrypoints": entry_point,
            f"{router}.tls": "true",
            f"{router}.service": self.name,
            f"{service}.port": "80",
        }
        network = ",".join([f"name={PUBLIC_NETWORK}", *(f"alias={alias}" for alias in self.aliases)])
        return [
            *("docker", "service", "create", "--quiet", "--detach", f"--name={self.name}"),
            *([] if self.ports else ["--endpoint-mode=dnsrr"]),  # ports on the ingress network need the other mode
            f"--network={network}",
            *(f"--label={key}={value}" for key, value in (own | self.labels).items()),
            *(f"--publish={port}" for port in self.ports),
            WHOAMI,
        ]


@dataclass
class ProgramObjects:
    """The objects of the program in a running swarm, as Docker and Traefik list them."""

    services: list[Any]  # from Docker's API
    routers: list[Any]  # from Traefik's API: HTTP and TCP
    traefik_services: list[str]  # "grafana@swarm"
    middlewares: list[str]
    entry_points: list[str]

    @property
    def service_names(self) -> list[str]:
        return [service["Spec"]["Name"] for service in self.services]

    def published_ports(self) -> set[tuple[int, str]]:
        """Return the ports that services publish, with their protocols."""
        published = [service["Spec"].get("EndpointSpec", {}).get("Ports", []) for service in self.services]
        return {(port["PublishedPort"], port["Protocol"]) for ports in published for port in ports}


def program_objects(stack: Stack, manager: str) -> ProgramObjects:
    """Read the objects of the program from a swarm without applications."""
    service_ids = stack.on(
        manager, "docker", "service", "ls", "--quiet", "--filter", f"label={STACK_LABEL}"
    ).text.split()
    services = json.loads(stack.on(manager, "docker", "service", "inspect", *service_ids).text)
    api = f"http://{stack.address(manager)}:8080/api"

    def traefik_list(path: str) -> list[Any]:
        answer = requests.get(f"{api}/{path}", params={"per_page": "1000"}, timeout=10 * patience())
        answer.raise_for_status()
        items: list[Any] = answer.json()
        return items

    return ProgramObjects(
        services=services,
        routers=traefik_list("http/routers") + traefik_list("tcp/routers"),
        traefik_services=[item["name"] for item in traefik_list("http/services") + traefik_list("tcp/services")],
        middlewares=[item["name"] for item in traefik_list("http/middlewares")],
        entry_points=[item["name"] for item in traefik_list("entrypoints")],
    )


def attacking_applications(program: ProgramObjects) -> Iterator[Application]:
    """Yield an application against each object of the program."""
    yield Application("names", aliases=[alias for name in program.service_names for alias in _network_aliases(name)])
    for service in program.services:
        labels = {key: text for key, text in service["Spec"]["Labels"].items() if key.startswith("traefik.")}
        if labels:
            name = f"labels-of-{service['Spec']['Name']}"
            ported = {key: "80" if key.endswith(".server.port") else text for key, text in labels.items()}
            elsewhere = {key: text for key, text in ported.items() if not key.startswith("traefik.swarm.")}
            yield Application(name, labels=elsewhere)
            yield Application(f"{name}-bare", labels={k.replace(PREFIX, ""): v for k, v in elsewhere.items()})
    for number, router in enumerate(program.routers):
        yield Application(f"router-{number}", labels=_router_copy(router, program.entry_points))
    for number, name in enumerate(program.traefik_services):
        yield Application(f"service-{number}", labels=_stolen_route(f"service-{number}", name))
    for number, name in enumerate(program.middlewares):
        middleware = f"traefik.http.middlewares.{name.partition('@')[0]}"
        yield Application(f"middleware-{number}", labels={f"{middleware}.addprefix.prefix": "/stolen"})
    yield from _catch_all(program)


def port_claims(program: ProgramObjects, machine_ports: list[tuple[int, str]]) -> Iterator[Application]:
    """Yield an application for each port of the program and of the machines, published as Swarm does by default."""
    for number, protocol in sorted(program.published_ports() | set(machine_ports)):
        yield Application(f"port-{number}-{protocol}", ports=[f"published={number},target=80,protocol={protocol}"])


def _network_aliases(name: str) -> list[str]:
    networks = ["docker-api", "monitoring", f"{PREFIX}web", "traefik-sharing"]
    return [name, f"tasks.{name}", *(f"{name}.{network}" for network in networks)]


def _router_copy(router: dict[str, Any], entry_points: list[str]) -> dict[str, str]:
    """Return labels of a router with the name, rule and priority of a router of the program, on all entry points."""
    protocol = "tcp" if "HostSNI(" in router["rule"] else "http"
    name = router["name"].partition("@")[0]
    router_label = f"traefik.{protocol}.routers.{name}"
    labels = {
        f"{router_label}.rule": router["rule"],
        f"{router_label}.entrypoints": ",".join(entry_points),
        f"{router_label}.priority": str(min(router.get("priority") or 1, int(HIGHEST_PRIORITY))),
        f"{router_label}.service": "like",
        f"traefik.{protocol}.services.like.loadbalancer.server.port": "80",
    }
    return labels | ({f"{router_label}.tls": "true"} if "tls" in router else {})


def _stolen_route(name: str, service: str) -> dict[str, str]:
    """Return labels of a route to a service of the program, and of a service with the same name."""
    stolen = f"traefik.http.routers.{name}-stolen"
    return {
        f"{stolen}.rule": f"PathPrefix(`/stolen-{name}`)",
        f"{stolen}.entrypoints": "websecure",
        f"{stolen}.tls": "true",
        f"{stolen}.service": service,
        f"traefik.http.middlewares.{name}.errors.status": "400-599",
        f"traefik.http.middlewares.{name}.errors.service": service,
        f"traefik.http.middlewares.{name}.errors.query": "/api/rawdata",
        f"traefik.http.services.{service.partition('@')[0]}.loadbalancer.server.port": "80",
    }


def _catch_all(program: ProgramObjects) -> Iterator[Application]:
    """Yield applications that claim all requests, connections, datagrams or certificates."""
    every = ",".join(program.entry_points)
    for tls in ("true", "false"):
        router = f"traefik.http.routers.all-{tls}"
        rule = {
            f"{router}.rule": "PathPrefix(`/`)",
            f"{router}.entrypoints": every,
            f"{router}.priority": HIGHEST_PRIORITY,
        }
        secure = {f"{router}.tls": tls} if tls == "true" else {}
        yield Application(f"all-{tls}", labels=rule | secure | {f"{router}.service": f"all-{tls}"})
    for passing in ("true", "false"):
        router = f"traefik.tcp.routers.all-{passing}"
        yield Application(
            f"connections-{passing}",
            labels={
                f"{router}.rule": "HostSNI(`*`)",
                f"{router}.entrypoints": every,
                f"{router}.priority": HIGHEST_PRIORITY,
                f"{router}.tls": "true",
                f"{router}.tls.passthrough": passing,
                f"traefik.tcp.services.all-{passing}.loadbalancer.server.port": "80",
            },
        )
    datagrams = {
        "traefik.udp.routers.all.entrypoints": every,
        "traefik.udp.services.all.loadbalancer.server.port": "80",
    }
    yield Application("datagrams", labels=datagrams)
    yield Application(
        "certificates", labels={"traefik.tls.stores.default.defaultgeneratedcert.domain.main": "stolen.example.org"}
    )
    for name in program.service_names:
        key = f"traefik.http.services.url-{name}.loadbalancer.server.url"
        yield Application(
            f"url-{name}", labels=_stolen_route(f"url-{name}", f"url-{name}") | {key: f"http://{name}:2375"}
        )


def batches(commands: list[str]) -> Iterator[list[str]]:
    """Yield the commands in batches that fit into one command line."""
    for start in range(0, len(commands), BATCH_SIZE):
        yield commands[start : start + BATCH_SIZE]


@contextmanager
def deployed(
    stack: Stack, manager: str, user_session: requests.Session, applications: list[Application]
) -> Iterator[None]:
    """Run applications; they are removed afterwards.

    The context begins when Traefik publishes a harmless application, which is created last: Traefik then knows of all.
    """
    all_applications = [*applications, Application("honest")]
    commands = [shlex.join(application.command("websecure")) for application in all_applications]
    names = [application.name for application in all_applications]
    try:
        for batch in batches(commands):
            created = stack.on(manager, "sh", "-euc", "\n".join(batch))
            assert created.code == 0, created.text
        url = f"https://{stack.address(manager)}/honest"
        wait_for(
            lambda: APPLICATION_MARK in user_session.get(url, timeout=5).text, "Traefik publishes an application", 120
        )
        yield
    finally:
        stack.on(manager, "docker", "service", "rm", *names)
