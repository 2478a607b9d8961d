"""Applications on a target whose machines restart or are rebuilt one after the other, and who watches that."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import wait_for
from tests.support.background import repeated

WORKERS = ("worker-1", "worker-2")
WHOAMI = "whoami:test"
REPLICAS = {"one": 1, "two": 2}  # by service
STATES = "{{.Hostname}} {{.Status}} {{.Availability}}"


@contextmanager
def target_with_applications(name: str, folder: Path) -> Iterator[Stack]:
    """Yield the target `e2e-<name>` on three machines, with two applications on its workers."""
    with stack(f"e2e-{name}", folder, small_target_settings(subnet_of(name), 2)) as target:
        result = target.up()
        assert result.code == 0, result.text
        for service, replicas in REPLICAS.items():
            create(target, service, replicas)
        wait_for(lambda: set(running(target).values()) == {"1/1", "2/2"}, "applications run", 60)
        yield target


def create(target: Stack, name: str, replicas: int, *options: str) -> None:
    """Create a service that Traefik publishes by its name."""
    labels = [
        "traefik.enable=true",
        f"traefik.http.routers.{name}.rule=Host(`{name}.test`)",
        f"traefik.http.routers.{name}.tls=true",
        f"traefik.http.services.{name}.loadbalancer.server.port=80",
    ]
    created = target.on(
        *("manager-1", "docker", "service", "create", "--quiet", "--name", name, f"--replicas={replicas}"),
        *("--network=traefik-public", "--constraint=node.role==worker", *(f"--label={label}" for label in labels)),
        *(*options, WHOAMI),
    )
    assert created.code == 0, created.text


def running(target: Stack) -> dict[str, str]:
    """Return the numbers of running and wanted tasks of the applications."""
    shown = target.on("manager-1", "docker", "service", "ls", "--format={{.Name}} {{.Replicas}}").text
    lines = [line.split(" ") for line in shown.splitlines()]
    return {name: count for name, count, *_ in lines if name in REPLICAS}


def moment(target: Stack, machine: str, what: str) -> str:
    """Return when a machine's engine did something last, as systemd names it."""
    return target.on(
        machine, "systemctl", "show", f"--property={what}Timestamp", "--value", "docker.service"
    ).text.strip()


def since(target: Stack, machine: str) -> str:
    """Return since when a machine's engine runs."""
    return moment(target, machine, "ActiveEnter")


def engine_stop(target: Stack, machine: str) -> float:
    """Return when a machine's engine was stopped last, in seconds since 1970."""
    return float(target.on(machine, "date", "+%s", "--date", moment(target, machine, "ActiveExit")).text)


@contextmanager
def watched(target: Stack) -> Iterator[list[str]]:
    """Yield what the swarm tells of machines whenever more than one is away at the same moment, asked all the time.

    A manager that has just become the leader knows no machine's state yet.
    """
    told: list[str] = []

    def watch() -> None:
        # There is no answer while the manager's engine restarts.
        lines = target.on("manager-1", "docker", "node", "ls", f"--format={STATES}").text.splitlines()
        away = [line for line in lines if line.endswith((" Drain", " Pause")) or " Down " in line]
        if len(away) > 1:
            told.append("; ".join(away))

    with repeated(watch, 0.2):
        yield told


def leftover_labels(target: Stack) -> list[str]:
    """Return the labels that a roll has left on services and nodes."""
    listed = target.on(
        "manager-1",
        "bash",
        "-c",
        "docker service inspect $(docker service ls -q); docker node inspect $(docker node ls -q)",
    )
    labels = [label for one in json.loads(listed.text.replace("]\n[", ",")) for label in one["Spec"]["Labels"] or {}]
    return [label for label in labels if label in ("nuvla-swarm.left", "nuvla-swarm.spare", "nuvla-swarm.kept")]


def node_of(target: Stack, service: str) -> str:
    """Return the machine of a service's running task."""
    options = ["--filter=desired-state=running", "--format={{.Node}} {{.CurrentState}}"]
    shown = target.on("manager-1", "docker", "service", "ps", *options, service).text
    return next((line.split()[0] for line in shown.splitlines() if " Running " in line), "")
