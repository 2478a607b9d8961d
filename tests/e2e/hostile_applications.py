"""Applications of a hostile tenant: they have all names, labels, paths and ports that the program uses in a swarm."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.harness import LABEL, Stack
from tests.e2e.waiting import wait_for

WHOAMI = "whoami:test"
SAYS = "Hostname:"  # every answer of an application
PUBLIC = "traefik-public"
HIGHEST = str(2**63 - 1 - 1000)  # priority of a router that is not Traefik's own
PREFIX = "nuvla-swarm-"
BATCH = 20


@dataclass
class Application:
    """A service that an application brings along. Under a path of its own it says that Traefik knows of it."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/{self.name}"

    def command(self, entry: str) -> list[str]:
        """How somebody makes it on a manager, found by Traefik under its path too."""
        router, service = f"traefik.http.routers.{self.name}", f"traefik.http.services.{self.name}.loadbalancer.server"
        own = {
            "traefik.enable": "true",
            f"{router}.rule": f"Path(`{self.path}`)",
            f"{router}.entrypoints": entry,
            f"{router}.tls": "true",
            f"{router}.service": self.name,
            f"{service}.port": "80",
        }
        network = ",".join([f"name={PUBLIC}", *(f"alias={alias}" for alias in self.aliases)])
        return [
            *("docker", "service", "create", "--quiet", "--detach", f"--name={self.name}"),
            *([] if self.ports else ["--endpoint-mode=dnsrr"]),  # Swarm's usual way of publishing needs the other mode
            f"--network={network}",
            *(f"--label={key}={value}" for key, value in (own | self.labels).items()),
            *(f"--publish={port}" for port in self.ports),
            WHOAMI,
        ]


@dataclass
class Program:
    """What the program has in a running swarm, as the swarm and Traefik tell it."""

    services: list[Any]  # of Docker's API
    routers: list[Any]  # of Traefik's API, of HTTP and TCP
    traefik_services: list[str]  # "grafana@swarm"
    middlewares: list[str]
    entry_points: list[str]

    @property
    def names(self) -> list[str]:
        return [service["Spec"]["Name"] for service in self.services]

    def ports(self) -> set[tuple[int, str]]:
        """Those that services publish, with their protocols."""
        published = [service["Spec"].get("EndpointSpec", {}).get("Ports", []) for service in self.services]
        return {(port["PublishedPort"], port["Protocol"]) for ports in published for port in ports}


def program_of(stack: Stack, manager: str) -> Program:
    """Looks at a swarm, before any application is on it."""
    ours = stack.on(manager, "docker", "service", "ls", "--quiet", "--filter", f"label={LABEL}").text.split()
    services = json.loads(stack.on(manager, "docker", "service", "inspect", *ours).text)
    api = f"http://{stack.address(manager)}:8080/api"

    def told(what: str) -> list[Any]:
        answer = requests.get(f"{api}/{what}", params={"per_page": "1000"}, timeout=10)
        answer.raise_for_status()
        found: list[Any] = answer.json()
        return found

    return Program(
        services=services,
        routers=told("http/routers") + told("tcp/routers"),
        traefik_services=[one["name"] for one in told("http/services") + told("tcp/services")],
        middlewares=[one["name"] for one in told("http/middlewares")],
        entry_points=[one["name"] for one in told("entrypoints")],
    )


def applications(program: Program) -> Iterator[Application]:
    """One for each thing that the program has."""
    yield Application("names", aliases=[alias for name in program.names for alias in _aliases(name)])
    for service in program.services:
        labels = {key: text for key, text in service["Spec"]["Labels"].items() if key.startswith("traefik.")}
        if labels:
            name = f"labels-of-{service['Spec']['Name']}"
            ported = {key: "80" if key.endswith(".server.port") else text for key, text in labels.items()}
            elsewhere = {key: text for key, text in ported.items() if not key.startswith("traefik.swarm.")}
            yield Application(name, labels=elsewhere)
            yield Application(f"{name}-bare", labels={k.replace(PREFIX, ""): v for k, v in elsewhere.items()})
    for number, router in enumerate(program.routers):
        yield Application(f"router-{number}", labels=_like(router, program.entry_points))
    for number, name in enumerate(program.traefik_services):
        yield Application(f"service-{number}", labels=_stealing(f"service-{number}", name))
    for number, name in enumerate(program.middlewares):
        middleware = f"traefik.http.middlewares.{name.partition('@')[0]}"
        yield Application(f"middleware-{number}", labels={f"{middleware}.addprefix.prefix": "/stolen"})
    yield from _everything(program)


def ports(program: Program, machine_ports: list[tuple[int, str]]) -> Iterator[Application]:
    """One for each port of the program and of the machines, as swarm publishes one by default."""
    for number, protocol in sorted(program.ports() | set(machine_ports)):
        yield Application(f"port-{number}-{protocol}", ports=[f"published={number},target=80,protocol={protocol}"])


def _aliases(name: str) -> list[str]:
    networks = ["docker-api", "monitoring", f"{PREFIX}web", "traefik-sharing"]
    return [name, f"tasks.{name}", *(f"{name}.{network}" for network in networks)]


def _like(router: dict[str, Any], entry_points: list[str]) -> dict[str, str]:
    """A router of the same name, rule and priority as one of the program, on all entry points."""
    protocol = "tcp" if "HostSNI(" in router["rule"] else "http"
    name = router["name"].partition("@")[0]
    ours = f"traefik.{protocol}.routers.{name}"
    labels = {
        f"{ours}.rule": router["rule"],
        f"{ours}.entrypoints": ",".join(entry_points),
        f"{ours}.priority": str(min(router.get("priority") or 1, int(HIGHEST))),
        f"{ours}.service": "like",
        f"traefik.{protocol}.services.like.loadbalancer.server.port": "80",
    }
    return labels | ({f"{ours}.tls": "true"} if "tls" in router else {})


def _stealing(name: str, service: str) -> dict[str, str]:
    """A way to a service of the program, and a service of that name."""
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


def _everything(program: Program) -> Iterator[Application]:
    """What takes all requests, connections, datagrams or certificates there are."""
    every = ",".join(program.entry_points)
    for tls in ("true", "false"):
        router = f"traefik.http.routers.all-{tls}"
        rule = {f"{router}.rule": "PathPrefix(`/`)", f"{router}.entrypoints": every, f"{router}.priority": HIGHEST}
        secure = {f"{router}.tls": tls} if tls == "true" else {}
        yield Application(f"all-{tls}", labels=rule | secure | {f"{router}.service": f"all-{tls}"})
    for passing in ("true", "false"):
        router = f"traefik.tcp.routers.all-{passing}"
        yield Application(
            f"connections-{passing}",
            labels={
                f"{router}.rule": "HostSNI(`*`)",
                f"{router}.entrypoints": every,
                f"{router}.priority": HIGHEST,
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
    for name in program.names:
        key = f"traefik.http.services.url-{name}.loadbalancer.server.url"
        yield Application(f"url-{name}", labels=_stealing(f"url-{name}", f"url-{name}") | {key: f"http://{name}:2375"})


def batched(commands: list[str]) -> Iterator[list[str]]:
    """So many at a time as one command line holds."""
    for start in range(0, len(commands), BATCH):
        yield commands[start : start + BATCH]


@contextmanager
def deployed(stack: Stack, manager: str, user: requests.Session, made: list[Application]) -> Iterator[None]:
    """Applications that run, and that Traefik knows of as far as it will: one that is like any other is published."""
    wanted = [*made, Application("honest")]
    commands = [shlex.join(application.command("websecure")) for application in wanted]
    names = [application.name for application in wanted]
    try:
        for some in batched(commands):
            created = stack.on(manager, "sh", "-euc", "\n".join(some))
            assert created.code == 0, created.text
        url = f"https://{stack.address(manager)}/honest"
        wait_for(lambda: SAYS in user.get(url, timeout=5).text, "Traefik publishes an application", 120)
        yield
    finally:
        stack.on(manager, "docker", "service", "rm", *names)
