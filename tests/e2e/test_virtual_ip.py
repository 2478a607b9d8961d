"""The virtual IP of three managers: a client goes on when the one that has it dies, stops, or gets another engine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.virtual_ip import UNIT
from tests.e2e.asking import Answers, answers_now, asking
from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.networks import address, subnet_of
from tests.e2e.settling import assert_settled
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MANAGERS = ("manager-1", "manager-2", "manager-3")
VIRTUAL_IP = address("virtual-ip", 9)
APPLICATION = "app.test"
LONGEST_PAUSE_S = 10  # of a client, when the manager that it talks to dies


@pytest.fixture(scope="module")
def managers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on three managers with a virtual IP and an application on each of them."""
    folder = Path(tmp_path_factory.mktemp("virtual-ip"))
    with stack("e2e-virtual-ip", folder, small_target_settings(subnet_of("virtual-ip"), 0)) as target:
        target.set("machines.pools.manager.count", 3)
        target.set("machines.virtual_ip", VIRTUAL_IP)
        result = target.up()
        assert result.code == 0, result.text
        labels = [
            "traefik.enable=true",
            f"traefik.http.routers.app.rule=Host(`{APPLICATION}`)",
            "traefik.http.routers.app.tls=true",
            "traefik.http.services.app.loadbalancer.server.port=80",
        ]
        options = ["--quiet", "--name=app", "--replicas=3", "--network=traefik-public"]
        created = target.on(
            *("manager-1", "docker", "service", "create", *options, *(f"--label={label}" for label in labels)),
            "whoami:test",
        )
        assert created.code == 0, created.text
        wait_for(is_served, "the application answers at the virtual IP", 120)
        yield target


def is_served() -> bool:
    """Return whether the application answers at the virtual IP."""
    return answers_now(VIRTUAL_IP, [APPLICATION])


def holders(target: Stack) -> list[str]:
    """Return the managers that have the virtual IP."""
    return [
        name
        for name in MANAGERS
        if f" {VIRTUAL_IP}/32 " in target.on(name, "ip", "-4", "-oneline", "address", "show").text
    ]


def noted(target: Stack) -> list[str]:
    """Return the managers that note for Prometheus that they have the virtual IP."""
    texts = {name: target.on(name, "cat", "/etc/nuvla-swarm/metrics/virtual_ip.prom").text for name in MANAGERS}
    return [name for name, text in texts.items() if text == "nuvla_swarm_virtual_ip 1\n"]


def holder(target: Stack) -> str:
    """Return the one manager that has the virtual IP, as Prometheus knows, too."""
    wait_for(lambda: len(holders(target)) == 1, "one manager has the virtual IP", 30)
    [found] = holders(target)
    wait_for(lambda: noted(target) == [found], "this one is noted", 30)
    return found


def give_address_to(target: Stack, machine: str) -> None:
    """Let the other managers give up the virtual IP, in order."""
    others = [name for name in MANAGERS if name != machine]
    for name in others:
        assert target.on(name, "systemctl", "stop", UNIT).code == 0
    wait_for(lambda: holders(target) == [machine], f"{machine} has the virtual IP", 30)
    for name in others:
        assert target.on(name, "systemctl", "start", UNIT).code == 0
    assert holder(target) == machine


def spread(target: Stack) -> None:
    """Let the application have a task on each manager: those of a manager that died are elsewhere, and stay there."""
    assert target.on("manager-1", "docker", "service", "update", "--force", "--quiet", "app").code == 0
    listed = ("service", "ps", "--filter=desired-state=running", "--format={{.Node}}", "app")
    wait_for(lambda: set(target.on("manager-1", "docker", *listed).text.split()) == set(MANAGERS), "it is spread", 60)
    wait_for(is_served, "the application answers", 60)


def told(what: str, answers: Answers) -> None:
    """Print what a client saw."""
    print(f"{what}: {answers}, wrong for {answers.wrong_for_s:.1f} s, load {os.getloadavg()[0]:.0f}: {answers.wrong}")


def since(target: Stack, machine: str) -> str:
    """Return since when a machine's engine runs."""
    return target.on(machine, "systemctl", "show", "--property=ActiveEnterTimestamp", "docker.service").text


def test_people_are_sent_to_the_virtual_ip(managers: Stack) -> None:
    outputs = managers.outputs()
    assert outputs["docker"]["endpoint"] == f"https://{VIRTUAL_IP}:2376"
    assert outputs["urls"]["traefik"] == f"https://{VIRTUAL_IP}/"


def test_every_manager_answers_nuvla_at_the_virtual_ip(managers: Stack) -> None:
    for name in MANAGERS:
        shown = managers.on(name, "openssl", "x509", "-noout", "-text", "-in", "/etc/docker/tls/cert.pem")
        assert f"IP Address:{VIRTUAL_IP}" in shown.text


@pytest.mark.parametrize("machine", MANAGERS)
def test_clients_go_on_when_a_manager_dies_and_make_up_repairs_it(managers: Stack, machine: str) -> None:
    spread(managers)
    give_address_to(managers, machine)
    with asking(VIRTUAL_IP, [APPLICATION]) as answers:
        wait_for(lambda: answers[APPLICATION].right > 20, "the client gets answers", 60)
        docker("kill", managers.container(machine))
        right = answers[APPLICATION].right
        wait_for(lambda: answers[APPLICATION].right > right + 200, "the client gets answers again", 120)
        repaired = managers.make("up")
    told(f"{machine} dies", answers[APPLICATION])
    assert repaired.code == 0, repaired.text
    assert answers[APPLICATION].longest_pause_s <= LONGEST_PAUSE_S
    assert answers[APPLICATION].wrong_for_s <= LONGEST_PAUSE_S
    wait_for(lambda: managers.nodes() == dict.fromkeys(MANAGERS, "Ready Active"), "all managers are back", 180)
    assert holder(managers) != machine, "who comes back does not take it"
    assert_settled(managers, "manager-1", "manager-1")


def test_clients_notice_no_restart_of_engines(managers: Stack) -> None:
    wait_for(is_served, "the application answers", 60)
    before = {machine: since(managers, machine) for machine in MANAGERS}
    managers.set("engine.log_max_files", 4)
    with asking(VIRTUAL_IP, [APPLICATION]) as answers:
        result = managers.up()
    assert result.code == 0, result.text
    assert all(since(managers, machine) != was for machine, was in before.items()), result.text
    told("engines restart", answers[APPLICATION])
    assert answers[APPLICATION].wrong == []
    second = managers.up()
    assert second.touched() == set(), second.text


def test_clients_notice_no_update_of_traefik(managers: Stack) -> None:
    wait_for(is_served, "the application answers", 60)
    managers.set("traefik.log_level", "WARN")
    with asking(VIRTUAL_IP, [APPLICATION]) as answers:
        result = managers.up()
    assert result.code == 0, result.text
    told("Traefik is updated", answers[APPLICATION])
    assert answers[APPLICATION].wrong == []


def test_address_leaves_before_an_engine_that_is_stopped_by_hand(managers: Stack) -> None:
    before = holder(managers)
    with asking(VIRTUAL_IP, [APPLICATION]) as answers:
        stopped = managers.on(before, "systemctl", "restart", "docker.service")
        assert stopped.code == 0, stopped.text
    told("an engine restarts by hand", answers[APPLICATION])
    assert holder(managers) != before
    assert answers[APPLICATION].longest_pause_s <= LONGEST_PAUSE_S


def test_managers_without_the_setting_have_nothing_of_it(managers: Stack) -> None:
    managers.set("machines.virtual_ip", None)
    result = managers.up()
    assert result.code == 0, result.text
    assert holders(managers) == []
    for name in MANAGERS:
        left = managers.on(
            name,
            "bash",
            "-c",
            "ls -d /etc/nuvla-swarm/{keepalived*,note*,metrics/virtual*} /etc/systemd/system/*/nuvla-swarm-a*",
        )
        assert left.code != 0, left.text
        assert managers.on(name, "pidof", "keepalived").code != 0
    assert managers.outputs()["docker"]["endpoint"] == f"https://{managers.address('manager-1')}:2376"
    second = managers.up()
    assert second.touched() == set(), second.text
