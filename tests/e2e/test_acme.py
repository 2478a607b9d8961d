"""Certificates of an ACME server: issued, served by every manager, renewed, and still served after errors."""

import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from ipaddress import IPv4Network
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509

from tests.e2e.acme_server import AcmeServer, acme_server, dns_api, served_certificate
from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, docker, stack
from tests.e2e.networks import subnet_of
from tests.e2e.waiting import wait_for
from tests.support.self_signed import self_signed

pytestmark = pytest.mark.slow

DOMAIN, WRONG, SERVICE = "swarm.example.org", "wrong.example.org", "app.example.org"
BY_DNS = "dns.example.org"
CHALLENGE = {"provider": "httpreq", "check": "resolvers"}
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
def self_signed_target(name: str, folder: Path, subnet: str, managers: int) -> Iterator[Stack]:
    """Yield a target on some managers that is up, with a self-signed certificate."""
    with stack(name, folder, small_target_settings(subnet, 0)) as target:
        target.set("machines.pools.manager.count", managers)
        target.set("domain", DOMAIN)
        result = target.up()
        assert result.code == 0, result.text
        yield target


@contextmanager
def acme_server_for(target: Stack, manager: str) -> Iterator[AcmeServer]:
    """Yield an ACME server that resolves all names to one manager of the target."""
    with acme_server(target) as server:
        server.resolve_all_names_to(target.address(manager))
        yield server


@pytest.fixture(scope="module")
def single_manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with self_signed_target("e2e-acme", Path(tmp_path_factory.mktemp("acme")), subnet_of("acme"), 1) as target:
        yield target


@pytest.fixture(scope="module")
def server(single_manager: Stack) -> Iterator[AcmeServer]:
    with acme_server_for(single_manager, "manager-1") as server:
        yield server


@pytest.fixture(scope="module")
def three_managers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with self_signed_target(
        "e2e-acme-three", Path(tmp_path_factory.mktemp("acme")), subnet_of("acme-three"), 3
    ) as target:
        yield target


@pytest.fixture(scope="module")
def server_for_three(three_managers: Stack) -> Iterator[AcmeServer]:
    """Yield a server that resolves names to another manager than the one that orders certificates."""
    with acme_server_for(three_managers, "manager-3") as server:
        yield server


def enable_acme(target: Stack, server: AcmeServer) -> None:
    target.set("traefik.acme", {"email": "a@example.org", "server": server.directory, "server_ca": server.server_ca})


def storage_file(target: Stack) -> str:
    files = target.on("manager-1", "find", "/var", "-name", "acme-*.json", "-path", "*traefik*").text.split()
    assert len(files) == 1, files
    return files[0]


def task_container(target: Stack, machine: str, service: str) -> str:
    """Return the container of a service on a machine."""
    label = f"--filter=label=com.docker.swarm.service.name={service}"
    return target.on(machine, "docker", "ps", "--quiet", label).text.strip()


def restart_task(target: Stack, machine: str, service: str) -> None:
    """Remove the container of a service, and wait until Swarm has replaced it."""
    old = task_container(target, machine, service)
    target.on(machine, "docker", "rm", "--force", old)
    wait_for(lambda: task_container(target, machine, service) not in ("", old), f"another {service} runs on {machine}")


def test_acme_certificate_is_issued_for_the_domain_and_reported_by_up(
    single_manager: Stack, server: AcmeServer
) -> None:
    assert not served_certificate(single_manager.address("manager-1"), DOMAIN, server.root).trusted
    enable_acme(single_manager, server)
    result = single_manager.up()
    assert result.code == 0, result.text
    assert f"{DOMAIN}: has a certificate of {server.directory}" in result.text
    wait_for(
        lambda: served_certificate(single_manager.address("manager-1"), DOMAIN, server.root).trusted,
        "manager-1 serves the certificate",
    )
    assert served_certificate(single_manager.address("manager-1"), DOMAIN, server.root).names == {DOMAIN}
    second = single_manager.up()
    assert second.touched() == set(), second.text


def test_single_manager_runs_no_traefik_service_but_traefik(single_manager: Stack, server: AcmeServer) -> None:
    names = single_manager.on("manager-1", "docker", "service", "ls", "--format={{.Name}}").text.split()
    assert {name for name in names if name.startswith("traefik")} == {"traefik"}


def test_acme_storage_is_readable_by_root_alone(single_manager: Stack, server: AcmeServer) -> None:
    assert single_manager.on("manager-1", "stat", "--format=%a %U", storage_file(single_manager)).text == "600 root\n"


def test_unknown_name_gets_the_self_signed_certificate(single_manager: Stack, server: AcmeServer) -> None:
    certificate = served_certificate(single_manager.address("manager-1"), "other.example.org", server.root)
    assert not certificate.trusted
    assert certificate.issuer == "CN=nuvla-swarm"


def test_application_with_its_own_name_gets_a_certificate(single_manager: Stack, server: AcmeServer) -> None:
    labels = [f"--label={label}" for label in LABELS]
    created = single_manager.on(
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
    assert created.code == 0, created.text
    try:
        wait_for(
            lambda: served_certificate(single_manager.address("manager-1"), SERVICE, server.root).trusted,
            "the application has a certificate",
            90,
        )
    finally:
        single_manager.on("manager-1", "docker", "service", "rm", "app")


def test_acme_certificate_that_ends_soon_is_renewed_when_traefik_starts(
    single_manager: Stack, server: AcmeServer
) -> None:
    old = served_certificate(single_manager.address("manager-1"), DOMAIN, server.root)
    restart_task(single_manager, "manager-1", "traefik")

    def renewed() -> bool:
        certificate = served_certificate(single_manager.address("manager-1"), DOMAIN, server.root)
        return certificate.trusted and certificate.serial != old.serial

    wait_for(renewed, "manager-1 serves another certificate", 90)


def test_domain_that_resolves_elsewhere_is_reported_while_the_former_certificate_stays(
    single_manager: Stack, server: AcmeServer
) -> None:
    server.resolve_name_to(WRONG, server.address)
    single_manager.set("domain", WRONG)
    result = single_manager.up()
    assert result.code == 0, result.text
    assert f"{WRONG}: has no certificate of {server.directory} yet" in result.text
    assert "urn:ietf:params:acme:error" in result.text
    assert "does it lead to the managers" in result.text
    assert served_certificate(single_manager.address("manager-1"), DOMAIN, server.root).trusted
    assert not served_certificate(single_manager.address("manager-1"), WRONG, server.root).trusted


def test_manager_serves_the_certificate_without_a_break_while_managers_join(
    single_manager: Stack, server: AcmeServer
) -> None:
    single_manager.set("machines.pools.manager.count", 3)
    trusted: set[bool] = set()
    grown = Event()

    def watch() -> None:
        while not grown.wait(0.2):
            with suppress(OSError):  # Traefik is being replaced
                trusted.add(served_certificate(single_manager.address("manager-1"), DOMAIN, server.root).trusted)

    with ThreadPoolExecutor() as watcher:
        watched = watcher.submit(watch)
        try:
            result = single_manager.up()
        finally:
            grown.set()
        watched.result()
    assert result.code == 0, result.text
    assert trusted == {True}
    for machine in MANAGERS:
        address = single_manager.address(machine)
        wait_for(lambda: served_certificate(address, DOMAIN, server.root).trusted, f"{machine} serves the certificate")  # noqa: B023


def test_remaining_manager_serves_the_certificate_after_a_shrink(single_manager: Stack, server: AcmeServer) -> None:
    single_manager.set("machines.pools.manager.count", 1)
    single_manager.allow("manager-majority")
    result = single_manager.up()
    assert result.code == 0, result.text
    assert single_manager.nodes() == {"manager-1": "Ready Active"}
    wait_for(
        lambda: served_certificate(single_manager.address("manager-1"), DOMAIN, server.root).trusted,
        "manager-1 serves the certificate",
    )
    second = single_manager.up()
    assert second.touched() == set(), second.text


def test_wildcard_certificate_is_issued_by_the_dns_challenge_without_port_80(
    single_manager: Stack, server: AcmeServer
) -> None:
    """No name leads to the manager, whose own certificate has another name; the login is in secret files alone."""
    server.resolve_all_names_to(server.address)
    own, key = self_signed(x509.DNSName(BY_DNS))
    names = {"domains": [{"main": f"*.{BY_DNS}"}], "dns_challenge": CHALLENGE | {"resolvers": [server.resolver]}}
    single_manager.set("domain", BY_DNS)
    single_manager.set("traefik.acme", single_manager.get("traefik.acme") | names)
    single_manager.set("traefik.certificate", own)
    with dns_api(server, str(IPv4Network(single_manager.get("machines.subnet"))[1])) as (url, logins):
        login = {"HTTPREQ_ENDPOINT": url, "HTTPREQ_USERNAME": "me", "HTTPREQ_PASSWORD": "opensesame"}
        for secret, text in (("certificate_key", key), ("dns_credentials", json.dumps(login))):
            single_manager.must("pulumi", "config", "set", "--secret", f"nuvla-swarm:traefik_{secret}", "--", text)
        result = single_manager.up()
        assert result.code == 0, result.text
        assert f"*.{BY_DNS}: has a certificate of {server.directory}" in result.text
        assert logins == {f"Basic {b64encode(b'me:opensesame').decode()}"}
    address = single_manager.address("manager-1")
    wait_for(
        lambda: served_certificate(address, f"a.{BY_DNS}", server.root).trusted, "manager-1 serves the certificate"
    )
    assert served_certificate(address, BY_DNS, server.root).names == {BY_DNS}, "the operators' own, as ACME has none"
    assert not served_certificate(address, BY_DNS, server.root).trusted
    service = single_manager.on("manager-1", "docker", "service", "inspect", "traefik").text
    assert "HTTPREQ_PASSWORD_FILE=/run/secrets/dns-httpreq-password" in service
    assert "opensesame" not in service
    assert "opensesame" not in single_manager.state()
    second = single_manager.up()
    assert second.touched() == set(), second.text


def test_every_manager_serves_the_certificate_whichever_answers_the_challenge(
    three_managers: Stack, server_for_three: AcmeServer
) -> None:
    enable_acme(three_managers, server_for_three)
    result = three_managers.up()
    assert result.code == 0, result.text
    assert f"{DOMAIN}: has a certificate of" in result.text
    serials = {}
    for machine in MANAGERS:
        address = three_managers.address(machine)
        wait_for(
            lambda: served_certificate(address, DOMAIN, server_for_three.root).trusted,  # noqa: B023
            f"{machine} serves the certificate",
        )
        serials[machine] = served_certificate(address, DOMAIN, server_for_three.root).serial
    assert len(set(serials.values())) == 1
    second = three_managers.up()
    assert second.touched() == set(), second.text


def test_copies_of_keys_are_readable_by_root_alone(three_managers: Stack, server_for_three: AcmeServer) -> None:
    for machine in MANAGERS:
        folder = three_managers.on(
            machine, "docker", "volume", "inspect", "--format={{.Mountpoint}}", "traefik-certificates"
        ).text.strip()
        assert three_managers.on(machine, "stat", "--format=%a %U", f"{folder}/certificates.yaml").text == "600 root\n"


def test_renewed_certificate_reaches_every_manager_without_a_restart(
    three_managers: Stack, server_for_three: AcmeServer
) -> None:
    before = {machine: task_container(three_managers, machine, "traefik") for machine in MANAGERS}
    old = served_certificate(three_managers.address("manager-2"), DOMAIN, server_for_three.root).serial
    restart_task(three_managers, "manager-1", "traefik-issuer")

    def renewed() -> bool:
        certificates = [
            served_certificate(three_managers.address(machine), DOMAIN, server_for_three.root) for machine in MANAGERS
        ]
        return all(certificate.trusted for certificate in certificates) and len(
            {certificate.serial for certificate in certificates} - {old}
        ) == 1 == len({certificate.serial for certificate in certificates})

    wait_for(renewed, "every manager serves another certificate", 90)
    assert {machine: task_container(three_managers, machine, "traefik") for machine in MANAGERS} == before


def test_managers_serve_the_certificate_without_the_issuing_machine(
    three_managers: Stack, server_for_three: AcmeServer
) -> None:
    last = served_certificate(three_managers.address("manager-2"), DOMAIN, server_for_three.root).serial
    docker("kill", three_managers.container("manager-1"))
    restart_task(three_managers, "manager-2", "traefik")
    for machine in MANAGERS[1:]:
        address = three_managers.address(machine)
        wait_for(
            lambda: served_certificate(address, DOMAIN, server_for_three.root).serial == last,  # noqa: B023
            f"{machine} serves the certificate",
        )
