"""Engines that restart one machine after the other: who asks an application through Traefik notices nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.asking import answers_now, asking
from tests.e2e.harness import Stack
from tests.e2e.rolling import (
    HOSTS,
    WHOAMI,
    WORKERS,
    assert_answered,
    assert_as_before,
    change,
    create,
    engine_stop,
    entry,
    leftover_labels,
    node_of,
    running,
    since,
    target_with_applications,
    watched,
)
from tests.e2e.waiting import wait_for
from tests.support.background import repeated

pytestmark = pytest.mark.slow

FEWEST_ANSWERS = 300  # of a roll in which the machines take a few seconds each
LONGEST_PAUSE_S = 30  # of clients of a single Traefik, while it is updated


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three machines with two applications on its workers."""
    with target_with_applications("roll", Path(tmp_path_factory.mktemp("roll"))) as target:
        yield target


def roll(target: Stack, setting: str, value: object) -> None:
    """Change a setting that restarts the engines, and check that nobody has noticed the restarts of the workers."""
    target.set(setting, value)
    before = {machine: since(target, machine) for machine in (*WORKERS, "manager-1")}
    with watched(target) as away, asking(target.address("manager-1"), HOSTS) as answers:
        result = target.up()
        manager_stop = engine_stop(target, "manager-1")  # Traefik is there
        assert result.code == 0, result.text
        assert_answered(target)
    assert all(since(target, machine) != was for machine, was in before.items()), result.text
    assert away == []
    for host, told in answers.items():
        noticed = f"{len(told.wrong_before(manager_stop))} wrong ones; then for {told.wrong_for_s:.1f} s"
        print(f"{host}: {told.right} answers, {noticed}", flush=True)
        assert told.wrong_before(manager_stop) == []
        assert told.right > FEWEST_ANSWERS
    assert_as_before(target)


def test_other_settings_of_the_engines_are_not_noticed_by_who_asks_applications(target: Stack) -> None:
    roll(target, "engine.log_max_files", 4)


def test_update_of_the_only_traefik_is_one_pause(target: Stack) -> None:
    """The next one starts when the former has ended: both have the same ports of the machine."""
    with asking(entry(target), HOSTS) as answers:
        change(target, "traefik.log_level", "WARN")
        wait_for(lambda: answers_now(entry(target), HOSTS), "the next Traefik answers", 60)
    for host, told in answers.items():
        print(f"the only Traefik is updated: {host}: {told}, wrong for {told.wrong_for_s:.1f} s")
        assert told.wrong_for_s <= LONGEST_PAUSE_S
    assert_as_before(target)


def test_service_with_data_comes_back_to_its_machine(target: Stack) -> None:
    create(target, "data", 1, "--constraint=node.role==worker", "--mount=type=volume,source=data,destination=/data")
    try:
        wait_for(lambda: node_of(target, "data") in WORKERS, "the service runs", 60)
        before = node_of(target, "data")
        target.set("engine.log_max_files", 5)
        result = target.up()
        assert result.code == 0, result.text
        assert node_of(target, "data") == before
        constraints = target.on(
            "manager-1", "docker", "service", "inspect", "data", "--format={{.Spec.TaskTemplate.Placement.Constraints}}"
        )
        assert constraints.text.strip() == "[node.role==worker]"
        assert leftover_labels(target) == []
    finally:
        target.on("manager-1", "docker", "service", "rm", "data")


def test_engine_that_does_not_start_stops_the_roll(target: Stack) -> None:
    """The machines that follow keep their engines and their settings, and the next update goes on."""
    before = {machine: since(target, machine) for machine in ("worker-2", "manager-1")}
    broken = "/etc/systemd/system/docker.service.d/zz-broken.conf"
    target.on("worker-1", "bash", "-c", f"printf '[Service]\\nExecStartPre=/bin/false\\n' >{broken}")
    target.set("engine.log_max_files", 6)
    failed = target.up()
    assert failed.code != 0
    assert {machine: since(target, machine) for machine in before} == before
    wait_for(lambda: running(target) == {"one": "1/1", "two": "2/2"}, "applications run on the other worker", 60)
    target.on("worker-1", "rm", broken)
    result = target.up()
    assert result.code == 0, result.text
    assert all(since(target, machine) != was for machine, was in before.items())
    assert target.nodes() == dict.fromkeys((*WORKERS, "manager-1"), "Ready Active")
    assert leftover_labels(target) == []


def test_machine_from_which_nothing_can_move_is_not_drained(target: Stack) -> None:
    """An update that ended in between would leave it drained, with all its services down."""
    on_manager = ("manager-1", "docker")
    pinned = ("service", "create", "--quiet", "--name=pinned", "--constraint=node.hostname==manager-1", WHOAMI)
    assert target.on(*on_manager, *pinned).code == 0
    seen: list[str] = []

    def watch() -> None:
        seen.append(target.on(*on_manager, "node", "inspect", "self", "--format={{.Spec.Availability}}").text.strip())

    before = since(target, "manager-1")
    target.set("engine.log_max_files", 7)
    with repeated(watch, 0.1):
        result = target.up()
    target.on(*on_manager, "service", "rm", "pinned")
    assert result.code == 0, result.text
    assert since(target, "manager-1") != before
    assert "manager-1: pinned stops for a while, as no other machine takes a task of it" in result.text
    assert "pause" in seen
    assert "drain" not in seen
    assert leftover_labels(target) == []
