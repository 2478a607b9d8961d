"""Certificates of an ACME server: issued, shown by every manager, renewed, and kept when something is wrong."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from tests.e2e.acme_server import AcmeServer, acme_server, shown
from tests.e2e.conftest import settings
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import wait_for

pytestmark = pytest.mark.slow

DOMAIN, WRONG, SERVICE = "swarm.example.org", "wrong.example.org", "app.example.org"
MANAGERS = ("manager-1", "manager-2", "manager-3")
WHOAMI = "whoami:test"
LABELS = [
    "traefik.enable=true",
    f"traefik.http.routers.app.rule=Host(`{SERVICE}`)",
    "traefik.http.routers.app.entrypoints=websecure",
    "traefik.http.routers.app.tls=true",
    "traefik.http.routers.app.tls.certresolver=cert-resolver",
    "traefik.http.services.app.loadbalancer.server.port=80",
]


@contextmanager
def signing_itself(name: str, folder: Path, subnet: str, managers: int) -> Iterator[Stack]:
    """A target on some managers that is up, with a certificate that it has signed itself."""
    with stack(name, folder, settings(subnet, 0)) as made:
        made.set("machines.pools.manager.count", managers)
        made.set("domain", DOMAIN)
        result = made.up()
        assert result.code == 0, result.text
        yield made


@contextmanager
def issuing(target: Stack, manager: str) -> Iterator[AcmeServer]:
    """An ACME server to which all names lead to one manager of the target."""
    with acme_server(target) as made:
        made.all_names_lead_to(target.address(manager))
        yield made


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with signing_itself("e2e-acme", Path(tmp_path_factory.mktemp("acme")), subnet_of("acme"), 1) as made:
        yield made


@pytest.fixture(scope="module")
def server(one: Stack) -> Iterator[AcmeServer]:
    with issuing(one, "manager-1") as made:
        yield made


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with signing_itself("e2e-acme-three", Path(tmp_path_factory.mktemp("acme")), subnet_of("acme-three"), 3) as made:
        yield made


@pytest.fixture(scope="module")
def server_of_three(three: Stack) -> Iterator[AcmeServer]:
    """The manager that its names lead to does not get the certificates."""
    with issuing(three, "manager-3") as made:
        yield made


def with_certificates(target: Stack, server: AcmeServer) -> None:
    target.set("traefik.acme", {"email": "a@example.org", "server": server.directory, "server_ca": server.server_ca})


def storage(target: Stack) -> str:
    found = target.on("manager-1", "find", "/var", "-name", "acme-*.json", "-path", "*traefik*").text.split()
    assert len(found) == 1, found
    return found[0]


def task(target: Stack, machine: str, service: str) -> str:
    """The container of a service on a machine."""
    label = f"--filter=label=com.docker.swarm.service.name={service}"
    return target.on(machine, "docker", "ps", "--quiet", label).text.strip()


def restart(target: Stack, machine: str, service: str) -> None:
    """Swarm replaces the container that is gone."""
    old = task(target, machine, service)
    target.on(machine, "docker", "rm", "--force", old)
    wait_for(lambda: task(target, machine, service) not in ("", old), f"another {service} runs on {machine}")


def test_a_certificate_is_issued_for_the_domain_and_up_says_so(one: Stack, server: AcmeServer) -> None:
    assert not shown(one.address("manager-1"), DOMAIN, server.root).trusted
    with_certificates(one, server)
    result = one.up()
    assert result.code == 0, result.text
    assert f"{DOMAIN}: has a certificate of {server.directory}" in result.text
    wait_for(lambda: shown(one.address("manager-1"), DOMAIN, server.root).trusted, "it is shown")
    assert shown(one.address("manager-1"), DOMAIN, server.root).names == {DOMAIN}
    again = one.up()
    assert again.touched() == set(), again.text


def test_one_manager_has_no_service_beside_the_one(one: Stack, server: AcmeServer) -> None:
    names = one.on("manager-1", "docker", "service", "ls", "--format={{.Name}}").text.split()
    assert {name for name in names if name.startswith("traefik")} == {"traefik"}


def test_account_and_keys_are_for_root_alone(one: Stack, server: AcmeServer) -> None:
    assert one.on("manager-1", "stat", "--format=%a %U", storage(one)).text == "600 root\n"


def test_a_name_that_nobody_has_is_shown_the_programs_own_certificate(one: Stack, server: AcmeServer) -> None:
    found = shown(one.address("manager-1"), "other.example.org", server.root)
    assert not found.trusted
    assert found.issuer == "CN=nuvla-swarm"


def test_a_service_with_a_name_of_its_own_gets_a_certificate(one: Stack, server: AcmeServer) -> None:
    labels = [f"--label={label}" for label in LABELS]
    made = one.on(
        "manager-1",
        "docker",
        "service",
        "create",
        "--detach",
        "--name=app",
        *labels,
        "--network=traefik-public",
        "--endpoint-mode=dnsrr",
        WHOAMI,
    )
    assert made.code == 0, made.text
    try:
        wait_for(lambda: shown(one.address("manager-1"), SERVICE, server.root).trusted, "its certificate", 90)
    finally:
        one.on("manager-1", "docker", "service", "rm", "app")


def test_a_certificate_that_ends_soon_is_renewed(one: Stack, server: AcmeServer) -> None:
    old = shown(one.address("manager-1"), DOMAIN, server.root)
    restart(one, "manager-1", "traefik")

    def renewed() -> bool:
        found = shown(one.address("manager-1"), DOMAIN, server.root)
        return found.trusted and found.serial != old.serial

    wait_for(renewed, "another certificate", 90)


def test_a_domain_that_leads_elsewhere_is_told_and_the_old_one_goes_on(one: Stack, server: AcmeServer) -> None:
    server.leads_to(WRONG, server.address)
    one.set("domain", WRONG)
    result = one.up()
    assert result.code == 0, result.text
    assert f"{WRONG}: has no certificate of {server.directory} yet" in result.text
    assert "urn:ietf:params:acme:error" in result.text
    assert "does it lead to the managers" in result.text
    assert shown(one.address("manager-1"), DOMAIN, server.root).trusted
    assert not shown(one.address("manager-1"), WRONG, server.root).trusted


def test_a_manager_that_gets_others_never_stops_to_show_it(one: Stack, server: AcmeServer) -> None:
    one.set("machines.pools.manager.count", 3)
    seen: set[bool] = set()
    grown = Event()

    def watch() -> None:
        while not grown.wait(0.2):
            with suppress(OSError):  # while its Traefik is replaced
                seen.add(shown(one.address("manager-1"), DOMAIN, server.root).trusted)

    with ThreadPoolExecutor() as watcher:
        watched = watcher.submit(watch)
        try:
            result = one.up()
        finally:
            grown.set()
        watched.result()
    assert result.code == 0, result.text
    assert seen == {True}
    for machine in MANAGERS:
        address = one.address(machine)
        wait_for(lambda: shown(address, DOMAIN, server.root).trusted, f"{machine} shows it")  # noqa: B023


def test_the_others_go_again_and_the_one_that_stays_shows_it(one: Stack, server: AcmeServer) -> None:
    one.set("machines.pools.manager.count", 1)
    result = one.up()
    assert result.code == 0, result.text
    assert one.nodes() == {"manager-1": "Ready Active"}
    wait_for(lambda: shown(one.address("manager-1"), DOMAIN, server.root).trusted, "manager-1 shows it")
    again = one.up()
    assert again.touched() == set(), again.text


def test_every_manager_shows_it_whichever_was_asked_by_the_server(three: Stack, server_of_three: AcmeServer) -> None:
    with_certificates(three, server_of_three)
    result = three.up()
    assert result.code == 0, result.text
    assert f"{DOMAIN}: has a certificate of" in result.text
    serials = {}
    for machine in MANAGERS:
        address = three.address(machine)
        wait_for(lambda: shown(address, DOMAIN, server_of_three.root).trusted, f"{machine} shows it")  # noqa: B023
        serials[machine] = shown(address, DOMAIN, server_of_three.root).serial
    assert len(set(serials.values())) == 1
    again = three.up()
    assert again.touched() == set(), again.text


def test_copies_of_keys_are_for_root_alone(three: Stack, server_of_three: AcmeServer) -> None:
    for machine in MANAGERS:
        folder = three.on(
            machine, "docker", "volume", "inspect", "--format={{.Mountpoint}}", "traefik-certificates"
        ).text.strip()
        assert three.on(machine, "stat", "--format=%a %U", f"{folder}/certificates.yaml").text == "600 root\n"


def test_a_renewed_one_gets_to_every_manager_and_restarts_none(three: Stack, server_of_three: AcmeServer) -> None:
    before = {machine: task(three, machine, "traefik") for machine in MANAGERS}
    old = shown(three.address("manager-2"), DOMAIN, server_of_three.root).serial
    restart(three, "manager-1", "traefik-issuer")

    def renewed() -> bool:
        found = [shown(three.address(machine), DOMAIN, server_of_three.root) for machine in MANAGERS]
        return all(one.trusted for one in found) and len({one.serial for one in found} - {old}) == 1 == len(
            {one.serial for one in found}
        )

    wait_for(renewed, "every manager shows another certificate", 90)
    assert {machine: task(three, machine, "traefik") for machine in MANAGERS} == before


def test_without_its_machine_the_others_show_it_even_after_a_restart(three: Stack, server_of_three: AcmeServer) -> None:
    last = shown(three.address("manager-2"), DOMAIN, server_of_three.root).serial
    docker("kill", three.container("manager-1"))
    restart(three, "manager-2", "traefik")
    for machine in MANAGERS[1:]:
        address = three.address(machine)
        wait_for(lambda: shown(address, DOMAIN, server_of_three.root).serial == last, f"{machine} shows it")  # noqa: B023
