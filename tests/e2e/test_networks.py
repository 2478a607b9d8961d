"""Networks that applications are on, and open connections: what an operator changes meanwhile stops neither."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import settings
from tests.e2e.connections import connections
from tests.e2e.harness import Result, Stack, stack
from tests.e2e.moments import wait_for
from tests.e2e.networks import subnet_of

pytestmark = pytest.mark.slow

MANAGER, PUBLIC = "manager-1", "traefik-public"
S3 = {"s3", "s3-gateway"}
ATTACHABLE = "swarm.public_network.attachable"
LABELS = [
    "traefik.enable=true",
    "traefik.http.routers.shop.rule=PathPrefix(`/shop`)",
    "traefik.http.routers.shop.entrypoints=websecure",
    "traefik.http.routers.shop.tls=true",
    "traefik.http.services.shop.loadbalancer.server.port=80",
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target on one machine that is up, with Traefik alone."""
    with stack("e2e-networks", Path(tmp_path_factory.mktemp("networks")), settings(subnet_of("networks"), 0)) as made:
        result = made.up()
        assert result.code == 0, result.text
        yield made


def docker(target: Stack, *command: str) -> str:
    answer = target.on(MANAGER, "docker", *command)
    assert answer.code == 0, answer.text
    return answer.text.strip()


def services(target: Stack) -> dict[str, str]:
    """Ids of the services, by name: another one would have another."""
    lines = docker(target, "service", "ls", "--format", "{{.Name}} {{.ID}}").splitlines()
    return dict(sorted((name, number) for name, number in (line.split() for line in lines)))


def answers(target: Stack, url: str, code: int) -> None:
    with target.user() as user:
        wait_for(lambda: user.get(url, timeout=5).status_code == code, f"{url} answers {code}")


def unchanged(target: Stack) -> Result:
    result = target.up()
    assert result.code == 0, result.text
    assert result.touched() == set(), result.text
    return result


def refused(target: Stack, path: str, value: object, before: object, line: str) -> None:
    """A value that would remove a network with applications on it touches nothing; the one before changes nothing."""
    there = services(target)
    target.set(path, value)
    for _ in range(2):  # it is refused for as long as it is so
        result = target.up()
        assert result.code != 0
        assert "Traceback" not in result.text, result.text
        assert f"{PUBLIC}: would have to be removed, but is in use by {line};" in result.text, result.text
        assert "take them off it first, or set swarm.public_network back" in result.text
        assert services(target) == there
    answers(target, f"https://{target.address(MANAGER)}/", 503)
    target.set(path, before)
    unchanged(target)


def test_a_network_that_applications_are_on_stays_as_it_is(target: Stack) -> None:
    options = ["--detach", f"--network={PUBLIC}", "--endpoint-mode=dnsrr", *(f"--label={label}" for label in LABELS)]
    docker(target, "service", "create", "--name=shop", *options, "whoami:test")
    address = target.address(MANAGER)
    try:
        answers(target, f"https://{address}/shop", 200)
        refused(target, ATTACHABLE, True, False, "service shop")
        refused(target, "swarm.public_network.name", "front", PUBLIC, "service shop")
        answers(target, f"https://{address}/shop", 200)
    finally:
        docker(target, "service", "rm", "shop")


def test_the_name_of_somebody_elses_network_is_not_taken(target: Stack) -> None:
    """Docker refuses it when Traefik and the network of before are gone: so nothing may have been touched by then."""
    there, address = services(target), target.address(MANAGER)
    for driver, where in (("overlay", "in the swarm"), ("bridge", f"on {MANAGER} alone")):
        number = docker(target, "network", "create", f"--driver={driver}", "front")[:12]
        try:
            target.set("swarm.public_network.name", "front")
            result = target.up()
            line = (
                f"swarm.public_network.name: front given, but a network front {where} is not of this infrastructure "
                f"(id {number}); allowed: another name, or front once that network is removed"
            )
            assert result.code != 0
            assert line in result.text, result.text
            assert services(target) == there
            answers(target, f"https://{address}/", 503)
        finally:
            docker(target, "network", "rm", "front")
    target.set("swarm.public_network.name", PUBLIC)
    unchanged(target)


def test_a_network_without_applications_is_changed_while_connections_are_open(target: Stack) -> None:
    """Services on it are removed and made anew, as Docker has no other way: whoever does not let go is cut off."""
    before = services(target)
    target.set(ATTACHABLE, True)
    with connections(target.address(MANAGER)):
        changed = target.up()
    assert changed.code == 0, changed.text
    assert services(target)["traefik"] != before["traefik"]
    assert services(target)["socket-proxy"] == before["socket-proxy"]
    unchanged(target)
    answers(target, f"https://{target.address(MANAGER)}/", 503)
    docker(target, "run", "--detach", "--name=alone", f"--network={PUBLIC}", "whoami:test")
    try:
        number = docker(target, "inspect", "--format={{.Id}}", "alone")[:12]
        refused(target, ATTACHABLE, False, True, f"container {number} on {MANAGER}")
    finally:
        docker(target, "rm", "--force", "alone")


def test_traefik_is_updated_while_connections_are_open(target: Stack) -> None:
    before = services(target)
    target.set("traefik.log_level", "WARN")
    with connections(target.address(MANAGER)):
        result = target.up()
    assert result.code == 0, result.text
    assert services(target) == before
    unchanged(target)


def test_what_is_switched_on_beside_it_does_not_remove_traefik(target: Stack) -> None:
    before = services(target)
    target.set("nfs", {"enabled": True, "server": "ganesha"})
    target.set("s3", {"enabled": True, "port": 9001})
    result = target.up()
    assert result.code == 0, result.text
    assert {name: number for name, number in services(target).items() if name not in S3} == before
    address = target.address(MANAGER)
    answers(target, f"https://{address}:9001/health", 200)
    target.set("s3.port", 9002)
    with connections(address):
        moved = target.up()
    assert moved.code == 0, moved.text
    assert services(target)["traefik"] == before["traefik"]
    answers(target, f"https://{address}:9002/health", 200)


def test_it_is_destroyed_while_connections_are_open(target: Stack) -> None:
    with connections(target.address(MANAGER)):
        destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    assert target.leftovers() == []
