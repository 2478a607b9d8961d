"""Machines that are rebuilt one after the other, join or leave: who asks an application notices nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.asking import asking
from tests.e2e.harness import Stack, docker
from tests.e2e.rolling import (
    HOSTS,
    WORKERS,
    assert_answered,
    assert_as_before,
    create,
    node_of,
    target_with_applications,
    watched,
)
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MACHINES = (*WORKERS, "manager-1")
FEWEST_ANSWERS = 200  # of an update of some ten seconds


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three machines with two applications on its workers."""
    with target_with_applications("rebuild", Path(tmp_path_factory.mktemp("rebuild"))) as target:
        yield target


@contextmanager
def next_image(target: Stack) -> Iterator[str]:
    """Yield the name of another image of machines, with the same content, and forget that name at the end."""
    image = docker("inspect", "--format={{.Config.Image}}", target.container("worker-1")).strip()
    other = f"nuvla-swarm/machine:{target.name}-next"
    docker("tag", image, other)
    try:
        yield other
    finally:
        docker("rmi", other)


def created(target: Stack) -> dict[str, str]:
    """Return when the containers of the machines were created."""
    return {name: docker("inspect", "--format={{.Created}}", target.container(name)).strip() for name in MACHINES}


def stopped_since(target: Stack, machine: str, began: float) -> float:
    """Return when a machine was told to stop, in seconds since 1970; without that, the present."""
    options = [f"--since={began}", f"--until={time.time()}", f"--filter=container={target.container(machine)}"]
    told = docker("events", *options, "--filter=event=kill", "--format={{.TimeNano}}").split()
    return int(told[0]) / 1e9 if told else time.time()


def change(target: Stack, setting: str, value: object) -> str:
    """Change a setting, and check that nobody notices it until the machine of Traefik stops, if it does."""
    began = time.time()
    target.set(setting, value)
    with watched(target) as away, asking(target.address("manager-1"), HOSTS) as answers:
        result = target.up()
        ended = stopped_since(target, "manager-1", began)
        assert result.code == 0, result.text
        assert_answered(target)
    for host, told in answers.items():
        print(
            f"{setting} {value}: {host}: {told.right} answers, {len(told.wrong_before(ended))} wrong ones; then for"
            f" {told.wrong_for_s:.1f} s",
            flush=True,
        )
    for told in answers.values():
        assert told.wrong_before(ended) == []
        assert told.right > FEWEST_ANSWERS
    assert away == []
    assert_as_before(target)
    return result.text


def test_machines_with_another_image_are_rebuilt_one_at_a_time(target: Stack) -> None:
    create(target, "data", 1, "--constraint=node.role==worker", "--mount=type=volume,source=data,destination=/data")
    wait_for(lambda: node_of(target, "data") in WORKERS, "the service runs", 60)
    former, home, before, nodes = target.get("machines.image"), node_of(target, "data"), created(target), target.nodes()
    with next_image(target) as image:
        text = change(target, "machines.image", image)
        assert (
            f"-> {image}: worker-1, worker-2, manager-1; each stops, and starts again with its disk, one at a time"
            in text
        )
        after = created(target)
        assert [before[name] < after[name] for name in MACHINES] == [True] * 3
        assert sorted(after, key=lambda name: after[name]) == list(MACHINES)
        assert target.nodes() == nodes
        assert node_of(target, "data") == home
        target.on("manager-1", "docker", "service", "rm", "data")
        target.set("machines.image", former)
        result = target.up()
        assert result.code == 0, result.text
        assert_answered(target)


def test_pool_grows_and_shrinks(target: Stack) -> None:
    for count in (5, 2):
        change(target, "machines.pools.worker.count", count)
        assert len(target.nodes()) == count + 1
