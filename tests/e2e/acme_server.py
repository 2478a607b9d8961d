"""Pebble, an ACME server, on the network of a stack's machines; and the certificates that machines serve."""

import json
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import requests
from cryptography import x509

from tests.e2e.harness import Stack, docker, image_of, run
from tests.e2e.waiting import wait_for
from tests.support.checkout import CHECKOUT
from tests.support.self_signed import self_signed

DIRECTORY_PORT, MANAGEMENT_PORT, DNS_MANAGEMENT_PORT = 14000, 15000, 8055
VALIDITY = timedelta(days=20)  # Traefik renews certificates with less than 30 days left, when it starts


@dataclass(frozen=True)
class AcmeServer:
    """A running Pebble, and the DNS server that Pebble asks for addresses."""

    container: str
    address: str
    server_ca: str  # PEM; ACME clients trust it
    root: Path  # file with the root of the certificates that Pebble issues

    @property
    def directory(self) -> str:
        return f"https://{self.address}:{DIRECTORY_PORT}/dir"

    def resolve_all_names_to(self, address: str) -> None:
        self._set_dns("set-default-ipv4", {"ip": address})

    def resolve_name_to(self, name: str, address: str) -> None:
        self._set_dns("add-a", {"host": f"{name}.", "addresses": [address]})

    def add_text(self, name: str, text: str) -> None:
        self._set_dns("set-txt", {"host": name, "value": text})

    @property
    def resolver(self) -> str:
        """Address and port of the DNS server."""
        return f"{self.address}:53"

    def _set_dns(self, path: str, message: dict[str, Any]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            url = f"http://{self.address}:{DNS_MANAGEMENT_PORT}/{path}"
            session.post(url, json=message, timeout=10).raise_for_status()


class _DnsApi(BaseHTTPRequestHandler):
    """What lego's provider `httpreq` talks to: writes a record with the DNS server that Pebble asks."""

    acme: AcmeServer
    logins: set[str | None]  # headers of requests

    def do_POST(self) -> None:
        """Write a record; leave it when it is no longer needed, as names with and without * have the same one."""
        record = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.logins.add(self.headers.get("Authorization"))
        if self.path == "/present":
            self.acme.add_text(record["fqdn"], record["value"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name in the base class
        """Log nothing."""


@contextmanager
def dns_api(acme: AcmeServer, address: str) -> Iterator[tuple[str, set[str | None]]]:
    """Yield the URL of a DNS provider on this computer, and the login headers that clients have sent to it."""
    logins: set[str | None] = set()
    handler = type("DnsApi", (_DnsApi,), {"acme": acme, "logins": logins})
    with ThreadingHTTPServer((address, 0), handler) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        try:
            yield f"http://{address}:{server.server_port}", logins
        finally:
            server.shutdown()


@contextmanager
def acme_server(target: Stack) -> Iterator[AcmeServer]:
    """Yield an ACME server on the network of the machines of `target`; no name resolves yet."""
    build = run("offline/build.sh", "pebble", cwd=CHECKOUT)
    assert build.code == 0, build.text
    programs = build.text.split()[-1]
    image = image_of("probe")
    container, address = f"nuvla-swarm-{target.name}-acme", str(IPv4Network(target.get("machines.subnet"))[-7])
    folder = target.folder / "pebble"
    folder.mkdir()
    server_ca = _write_configuration(folder, address)
    # With the stack's label, by which its clean-up removes what a killed run has left: its network would stay with it.
    options = [f"--network=nuvla-swarm-{target.name}", f"--ip={address}", f"--label={target.label}"]
    options += ["--env=PEBBLE_VA_NOSLEEP=1", "--env=PEBBLE_AUTHZREUSE=0"]  # each certificate needs its challenge
    mounts = [f"--volume={programs}:/programs:ro", f"--volume={folder}:/config:ro"]
    docker("run", "--detach", f"--name={container}", *options, *mounts, image, "sleep", "infinity")
    try:
        dns = ["-dnsserver=:53", f"-management=:{DNS_MANAGEMENT_PORT}", "-defaultIPv6="]
        disabled = ["-http01=", "-https01=", "-tlsalpn01=", "-doh="]
        docker("exec", "--detach", container, "/programs/pebble-challtestsrv", *dns, *disabled)
        pebble = ["-config=/config/pebble.json", "-dnsserver=127.0.0.1:53"]
        docker("exec", "--detach", container, "/programs/pebble", *pebble)
        yield AcmeServer(container, address, server_ca, _wait_for_root(folder, address))
    finally:
        docker("rm", "--force", "--volumes", container)


def _write_configuration(folder: Path, address: str) -> str:
    """Write the configuration of Pebble and a certificate for its address; return the certificate."""
    certificate, key = self_signed(x509.IPAddress(IPv4Address(address)))
    (folder / "certificate.pem").write_text(certificate)
    (folder / "key.pem").write_text(key)
    settings = {
        "listenAddress": f"0.0.0.0:{DIRECTORY_PORT}",
        "managementListenAddress": f"0.0.0.0:{MANAGEMENT_PORT}",
        "certificate": "/config/certificate.pem",
        "privateKey": "/config/key.pem",
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "retryAfter": {"authz": 1, "order": 1},
        "profiles": {"default": {"description": "short", "validityPeriod": int(VALIDITY.total_seconds())}},
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    return certificate


def _wait_for_root(folder: Path, address: str) -> Path:
    """Wait until Pebble answers, and return the file with the root that it issues certificates from."""
    file = folder / "root.pem"
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(folder / "certificate.pem")

        def answers() -> bool:
            answer = session.get(f"https://{address}:{MANAGEMENT_PORT}/roots/0", timeout=5)
            file.write_text(answer.text)
            return answer.status_code == 200

        wait_for(answers, "Pebble answers")
    return file


@dataclass(frozen=True)
class ServedCertificate:
    """A certificate that a machine serves."""

    issuer: str
    names: set[str]
    serial: int
    trusted: bool  # by a client that trusts the root of the ACME server alone


def served_certificate(address: str, name: str, root: Path) -> ServedCertificate:
    """Return the certificate that port 443 of a machine serves for a name."""
    trusted = True
    try:
        der = _handshake(address, name, ssl.create_default_context(cafile=str(root)))
    except ssl.SSLCertVerificationError:
        unverified = ssl.create_default_context()
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        trusted, der = False, _handshake(address, name, unverified)
    certificate = x509.load_der_x509_certificate(der)
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return ServedCertificate(
        issuer=certificate.issuer.rfc4514_string(),
        names=set(alternatives.get_values_for_type(x509.DNSName)),
        serial=certificate.serial_number,
        trusted=trusted,
    )


def _handshake(address: str, name: str, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection((address, 443), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=name) as tls_connection,
    ):
        certificate = tls_connection.getpeercert(binary_form=True)
    assert certificate
    return certificate
