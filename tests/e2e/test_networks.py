"""Changes of networks by an operator, while applications use the networks and clients hold connections open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Result, Stack, stack
from tests.e2e.networks import subnet_of
from tests.e2e.open_connections import open_connections
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

MANAGER, PUBLIC_NETWORK = "manager-1", "traefik-public"
S3_SERVICES = {"s3", "s3-gateway"}
ATTACHABLE = "swarm.public_network.attachable"
SHOP_LABELS = [
    "traefik.enable=true",
    "traefik.http.routers.shop.rule=PathPrefix(`/shop`)",
    "traefik.http.routers.shop.entrypoints=websecure",
    "traefik.http.routers.shop.tls=true",
    "traefik.http.services.shop.loadbalancer.server.port=80",
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on one machine that is up, with Traefik alone; the tests run in their order."""
    with stack(
        "e2e-networks", Path(tmp_path_factory.mktemp("networks")), small_target_settings(subnet_of("networks"), 0)
    ) as target:
        result = target.up()
        assert result.code == 0, result.text
        yield target


def docker_on_manager(target: Stack, *command: str) -> str:
    answer = target.on(MANAGER, "docker", *command)
    assert answer.code == 0, answer.text
    return answer.text.strip()


def service_ids(target: Stack) -> dict[str, str]:
    """Return the ids of the services, by name: a replaced service has another id."""
    lines = docker_on_manager(target, "service", "ls", "--format", "{{.Name}} {{.ID}}").splitlines()
    return dict(sorted((name, identity) for name, identity in (line.split() for line in lines)))


def wait_for_status(target: Stack, url: str, code: int) -> None:
    with target.https_session() as session:
        wait_for(lambda: session.get(url, timeout=5).status_code == code, f"{url} answers {code}")


def assert_unchanged(target: Stack) -> Result:
    result = target.up()
    assert result.code == 0, result.text
    assert result.touched() == set(), result.text
    return result


def assert_refused(target: Stack, path: str, value: object, before: object, line: str) -> None:
    """Assert that a value that would remove a network in use changes nothing, and neither does its former value."""
    ids_before = service_ids(target)
    target.set(path, value)
    for _ in range(2):  # each update refuses the value
        result = target.up()
        assert result.code != 0
        assert "Traceback" not in result.text, result.text
        assert f"{PUBLIC_NETWORK}: would have to be removed, but is in use by {line};" in result.text, result.text
        assert "remove them from it first, or restore swarm.public_network" in result.text
        assert service_ids(target) == ids_before
    wait_for_status(target, f"https://{target.address(MANAGER)}/", 503)
    target.set(path, before)
    assert_unchanged(target)


def test_network_in_use_by_an_application_is_not_changed(target: Stack) -> None:
    options = [
        "--detach",
        f"--network={PUBLIC_NETWORK}",
        "--endpoint-mode=dnsrr",
        *(f"--label={label}" for label in SHOP_LABELS),
    ]
    docker_on_manager(target, "service", "create", "--name=shop", *options, "whoami:test")
    address = target.address(MANAGER)
    try:
        wait_for_status(target, f"https://{address}/shop", 200)
        assert_refused(target, ATTACHABLE, True, False, "service shop")
        assert_refused(target, "swarm.public_network.name", "front", PUBLIC_NETWORK, "service shop")
        wait_for_status(target, f"https://{address}/shop", 200)
    finally:
        docker_on_manager(target, "service", "rm", "shop")


def test_name_of_a_foreign_network_is_refused(target: Stack) -> None:
    """Docker refuses the name only after Traefik and the former network are gone: so the program refuses it first."""
    ids_before, address = service_ids(target), target.address(MANAGER)
    for driver, where in (("overlay", "in the swarm"), ("bridge", f"on {MANAGER} alone")):
        identity = docker_on_manager(target, "network", "create", f"--driver={driver}", "front")[:12]
        try:
            target.set("swarm.public_network.name", "front")
            result = target.up()
            line = (
                f"swarm.public_network.name: front given, but a network front {where} is not of this infrastructure "
                f"(id {identity}); allowed: another name, or front after you removed that network"
            )
            assert result.code != 0
            assert line in result.text, result.text
            assert service_ids(target) == ids_before
            wait_for_status(target, f"https://{address}/", 503)
        finally:
            docker_on_manager(target, "network", "rm", "front")
    target.set("swarm.public_network.name", PUBLIC_NETWORK)
    assert_unchanged(target)


def test_network_without_applications_is_changed_while_connections_are_open(target: Stack) -> None:
    """Docker changes a network only if services on it are removed first: open connections are cut off."""
    before = service_ids(target)
    target.set(ATTACHABLE, True)
    with open_connections(target.address(MANAGER)):
        changed = target.up()
    assert changed.code == 0, changed.text
    assert service_ids(target)["traefik"] != before["traefik"]
    assert service_ids(target)["socket-proxy"] == before["socket-proxy"]
    assert_unchanged(target)
    wait_for_status(target, f"https://{target.address(MANAGER)}/", 503)
    docker_on_manager(target, "run", "--detach", "--name=alone", f"--network={PUBLIC_NETWORK}", "whoami:test")
    try:
        identity = docker_on_manager(target, "inspect", "--format={{.Id}}", "alone")[:12]
        assert_refused(target, ATTACHABLE, False, True, f"container {identity} on {MANAGER}")
    finally:
        docker_on_manager(target, "rm", "--force", "alone")


def test_traefik_is_updated_while_connections_are_open(target: Stack) -> None:
    before = service_ids(target)
    target.set("traefik.log_level", "WARN")
    with open_connections(target.address(MANAGER)):
        result = target.up()
    assert result.code == 0, result.text
    assert service_ids(target) == before
    assert_unchanged(target)


def test_enabled_services_do_not_replace_traefik(target: Stack) -> None:
    before = service_ids(target)
    target.set("nfs", {"enabled": True, "server": "ganesha"})
    target.set("s3", {"enabled": True, "port": 9001})
    result = target.up()
    assert result.code == 0, result.text
    assert {name: identity for name, identity in service_ids(target).items() if name not in S3_SERVICES} == before
    address = target.address(MANAGER)
    wait_for_status(target, f"https://{address}:9001/health", 200)
    target.set("s3.port", 9002)
    with open_connections(address):
        moved = target.up()
    assert moved.code == 0, moved.text
    assert service_ids(target)["traefik"] == before["traefik"]
    wait_for_status(target, f"https://{address}:9002/health", 200)


def test_target_is_destroyed_while_connections_are_open(target: Stack) -> None:
    with open_connections(target.address(MANAGER)):
        destroyed = target.destroy()
    assert destroyed.code == 0, destroyed.text
    assert target.leftovers() == []
