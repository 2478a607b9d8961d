"""Settings of Traefik: an own certificate and its renewal, TLS, HSTS, access log, dashboard, trusted proxies."""

import json
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from threading import Event
from typing import Any

import pytest
from cryptography import x509

from components.machines import pool_addresses
from tests.e2e.asking import served_certificate
from tests.e2e.harness import PatientSession, Stack
from tests.e2e.machines import patience
from tests.e2e.waiting import wait_for
from tests.support.self_signed import self_signed

HSTS_S = 300
CLIENT = "198.51.100.9"  # as a load balancer tells it
SECRET = "nuvla-swarm:traefik_certificate_key"


def prepare(stack: Stack) -> None:
    """Set an own certificate, and all that protects or tells of requests."""
    subnet = IPv4Network(stack.get("machines.subnet"))
    certificate, key = own_certificate(subnet)
    stack.set("traefik.certificate", certificate)
    stack.must("pulumi", "config", "set", "--secret", SECRET, "--", key)
    stack.set("traefik.min_tls", "1.3")
    stack.set("traefik.hsts_max_age_s", HSTS_S)
    stack.set("traefik.access_log", True)
    stack.set("traefik.access_log_format", "json")
    stack.set("traefik.dashboard", False)
    stack.set("traefik.trusted_proxies", [f"{subnet[1]}/32"])


def own_certificate(subnet: IPv4Network) -> tuple[str, str]:
    """Return a certificate for the first manager's address, and its key."""
    address = pool_addresses.address(subnet, "manager", 1)
    return self_signed(x509.DNSName("swarm.example.org"), x509.IPAddress(IPv4Address(address)))


def served(stack: Stack) -> str:
    """Return what 443 of the manager serves to clients that say no name, in PEM."""
    return served_certificate(stack.address("manager-1"))


def url(stack: Stack, path: str = "/") -> str:
    return f"https://{stack.address('manager-1')}{path}"


def logged(stack: Stack, path: str) -> dict[str, Any]:
    """Return the entry of the access log with a path; none: an empty one."""
    lines = stack.on("manager-1", "docker", "service", "logs", "--raw", "traefik").text.splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return next((entry for entry in entries if entry.get("RequestPath") == path), {})


def check_own_certificate_is_served_to_clients_that_say_no_name(stack: Stack) -> None:
    assert served(stack) == stack.get("traefik.certificate")


def check_hsts_header_is_in_answers(stack: Stack) -> None:
    with stack.https_session() as session:
        answer = session.get(url(stack), timeout=10)
    assert answer.headers["Strict-Transport-Security"] == f"max-age={HSTS_S}"


def check_older_tls_is_refused(stack: Stack) -> None:
    context = ssl.create_default_context(cafile=str(stack.certificate()))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    address = stack.address("manager-1")
    with (
        socket.create_connection((address, 443), timeout=10 * patience()) as connection,
        pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
    ):
        context.wrap_socket(connection, server_hostname=address)


def check_dashboard_is_closed_and_health_is_open(stack: Stack) -> None:
    with PatientSession() as session:
        session.trust_env = False
        root = f"http://{stack.address('manager-1')}:8080"
        statuses = {path: session.get(root + path, timeout=10).status_code for path in ("/api/rawdata", "/ping")}
    assert statuses == {"/api/rawdata": 503, "/ping": 200}


def check_access_log_has_the_client_that_a_trusted_proxy_tells(stack: Stack) -> None:
    path, address = "/of-a-proxy", stack.address("manager-1")
    context = ssl.create_default_context(cafile=str(stack.certificate()))
    with socket.create_connection((address, 443), timeout=10 * patience()) as connection:
        connection.sendall(f"PROXY TCP4 {CLIENT} {address} 40000 443\r\n".encode())
        with context.wrap_socket(connection, server_hostname=address) as tls:
            tls.sendall(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
            assert tls.recv(12) == b"HTTP/1.1 503"
    wait_for(lambda: logged(stack, path) != {}, "the request is logged")
    assert logged(stack, path)["ClientHost"] == CLIENT


def check_renewed_certificate_is_served_without_a_break(stack: Stack) -> None:
    """Also with another key; connections of all the time succeed, and Traefik is not restarted."""
    label = "--filter=label=com.docker.swarm.service.name=traefik"
    before = stack.on("manager-1", "docker", "ps", "--quiet", "--no-trunc", label).text
    old = stack.get("traefik.certificate")
    new, key = own_certificate(IPv4Network(stack.get("machines.subnet")))
    stack.set("traefik.certificate", new)
    stack.must("pulumi", "config", "set", "--secret", SECRET, "--", key)
    done = Event()

    def watch() -> set[str]:
        seen = {served(stack)}
        while not done.wait(0.1):
            seen.add(served(stack))
        return seen

    with ThreadPoolExecutor() as pool:
        watched = pool.submit(watch)
        try:
            result = stack.up()
            assert result.code == 0, result.text
            wait_for(lambda: served(stack) == new, "the new certificate is served")
        finally:
            done.set()
        assert watched.result() <= {old, new}
    assert stack.on("manager-1", "docker", "ps", "--quiet", "--no-trunc", label).text == before
    touched = {name for name in result.touched() if not name.startswith("traefik-own-certificate")}
    assert touched == set(), result.text
