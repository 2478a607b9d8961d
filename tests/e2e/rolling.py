"""Applications on a target whose machines and services change, and who watches that."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.asking import answers_now, asking
from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Result, Stack, stack
from tests.e2e.networks import address, subnet_of
from tests.e2e.waiting import wait_for
from tests.support.background import repeated

WORKERS = ("worker-1", "worker-2")
WHOAMI = "whoami:test"
REPLICAS = {"one": 1, "two": 2}  # by service
HOSTS = tuple(f"{name}.test" for name in REPLICAS)
FEWEST_ANSWERS = 3000  # while changes of a kind go on
STATES = "{{.Hostname}} {{.Status}} {{.Availability}}"


@contextmanager
def target_with_applications(name: str, folder: Path, workers: int = 2) -> Iterator[Stack]:
    """Yield the target `e2e-<name>` on a manager and some workers, with two applications on its workers."""
    with stack(f"e2e-{name}", folder, small_target_settings(subnet_of(name), workers)) as target:
        deploy(target)
        yield target


@contextmanager
def target_with_virtual_ip(
    name: str, folder: Path, workers: int, settings: Mapping[str, Any] | None = None
) -> Iterator[Stack]:
    """Yield the target `e2e-<name>` on three managers with a virtual IP, and on some workers, with the applications.

    Without workers, the applications are on the managers. `settings` are others by path.
    """
    with stack(f"e2e-{name}", folder, small_target_settings(subnet_of(name), workers)) as target:
        target.set("machines.pools.manager.count", 3)
        target.set("machines.virtual_ip", address(name, 9))
        for path, value in (settings or {}).items():
            target.set(path, value)
        deploy(target, "node.role==worker" if workers else "node.role==manager")
        yield target


def deploy(target: Stack, constraint: str = "node.role==worker") -> None:
    """Bring a target up, and its applications, where the constraint allows."""
    up(target)
    for service, replicas in REPLICAS.items():
        create(target, service, replicas, f"--constraint={constraint}")
    wait_for(lambda: answers_now(entry(target), HOSTS), "applications answer", 120, lambda: str(running(target)))
    assert_as_before(target)


def up(target: Stack) -> Result:
    """Update a target, which has to succeed."""
    result = target.up()
    assert result.code == 0, result.text
    return result


def change(target: Stack, path: str, value: Any) -> Result:
    """Change a setting, and update the target."""
    target.set(path, value)
    return up(target)


def entry(target: Stack) -> str:
    """Return the address to which people are sent: the virtual IP, if there is one."""
    return str(urlsplit(target.outputs()["urls"]["traefik"]).hostname)


def assert_unnoticed(target: Stack, what: str, *changes: Callable[[], object]) -> None:
    """Make changes one after the other, and all of them again until clients had enough answers, which are right."""
    began, rounds = time.monotonic(), 0
    with asking(entry(target), HOSTS) as answers:
        while not rounds or (
            sum(told.right for told in answers.values()) < FEWEST_ANSWERS
            and not any(told.wrong for told in answers.values())
        ):
            for one in changes:
                one()
            rounds += 1
    took_s, load = time.monotonic() - began, os.getloadavg()[0]
    for host, told in answers.items():
        print(f"{what}: {host}: {told}", flush=True)
    print(f"{what}: {rounds * len(changes)} changes in {took_s:.0f} s, load {load:.0f}", flush=True)
    assert {host: told.wrong for host, told in answers.items()} == {host: [] for host in HOSTS}


def assert_answered(target: Stack) -> None:
    """Assert that Traefik reaches the applications when an update ends; it learns of tasks a second later."""
    wait_for(lambda: answers_now(entry(target), HOSTS), "applications answer when the update ends", 5)


def assert_as_before(target: Stack) -> None:
    """Assert that all applications run, that no label of a roll is left, and that an update changes nothing."""
    wanted = {name: f"{count}/{count}" for name, count in REPLICAS.items()}
    wait_for(lambda: running(target) == wanted, f"applications run: {wanted}", 60, lambda: str(running(target)))
    assert leftover_labels(target) == []
    second = up(target)
    assert second.touched() == set(), second.text


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
        *("--network=traefik-public", *(f"--label={label}" for label in labels), *options, WHOAMI),
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


def tasks(target: Stack, service: str) -> set[str]:
    """Return the ids of the tasks that a service wants to run."""
    listed = target.on("manager-1", "docker", "service", "ps", "--quiet", "--filter=desired-state=running", service)
    return set(listed.text.split())
