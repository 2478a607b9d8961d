"""An ACME server on the network of a stack's machines, and the certificates that machines show."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import requests
from cryptography import x509

from tests.e2e.harness import CHECKOUT, Stack, docker, run
from tests.e2e.waiting import wait_for
from tests.support.self_signed import self_signed

DIRECTORY_PORT, MANAGEMENT_PORT, DNS_MANAGEMENT_PORT = 14000, 15000, 8055
VALIDITY = timedelta(days=20)  # less than the 30 that Traefik wants to be left: it renews when it starts


@dataclass(frozen=True)
class AcmeServer:
    """Pebble, and the DNS server that it asks where names lead to."""

    container: str
    address: str
    server_ca: str  # PEM, for those who ask it
    root: Path  # of what it issues

    @property
    def directory(self) -> str:
        return f"https://{self.address}:{DIRECTORY_PORT}/dir"

    def all_names_lead_to(self, address: str) -> None:
        self._tell("set-default-ipv4", {"ip": address})

    def leads_to(self, name: str, address: str) -> None:
        self._tell("add-a", {"host": f"{name}.", "addresses": [address]})

    def _tell(self, what: str, message: dict[str, Any]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            url = f"http://{self.address}:{DNS_MANAGEMENT_PORT}/{what}"
            session.post(url, json=message, timeout=10).raise_for_status()


@contextmanager
def acme_server(target: Stack) -> Iterator[AcmeServer]:
    """A server that issues certificates for names that lead to a machine of `target`, once it is told to which."""
    built = run("offline/build.sh", "pebble", cwd=CHECKOUT)
    assert built.code == 0, built.text
    programs = built.text.split()[-1]
    names = run("local/build.sh", "tags", cwd=CHECKOUT).text.split()
    [image] = [name for name in names if "/probe:" in name]
    container, address = f"nuvla-swarm-{target.name}-acme", str(IPv4Network(target.get("machines.subnet"))[-7])
    folder = target.folder / "pebble"
    folder.mkdir()
    server_ca = _configured(folder, address)
    options = [f"--network=nuvla-swarm-{target.name}", f"--ip={address}"]
    options += ["--env=PEBBLE_VA_NOSLEEP=1", "--env=PEBBLE_AUTHZREUSE=0"]  # each certificate needs its challenge
    mounts = [f"--volume={programs}:/programs:ro", f"--volume={folder}:/config:ro"]
    docker("run", "--detach", f"--name={container}", *options, *mounts, image, "sleep", "infinity")
    try:
        dns = ["-dnsserver=127.0.0.1:53", f"-management=:{DNS_MANAGEMENT_PORT}", "-defaultIPv6="]
        others = ["-http01=", "-https01=", "-tlsalpn01=", "-doh="]
        docker("exec", "--detach", container, "/programs/pebble-challtestsrv", *dns, *others)
        pebble = ["-config=/config/pebble.json", "-dnsserver=127.0.0.1:53"]
        docker("exec", "--detach", container, "/programs/pebble", *pebble)
        yield AcmeServer(container, address, server_ca, _root(folder, address))
    finally:
        docker("rm", "--force", "--volumes", container)


def _configured(folder: Path, address: str) -> str:
    """Writes the configuration of Pebble and a certificate for its address, which is returned."""
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


def _root(folder: Path, address: str) -> Path:
    """The root that it has made for itself, once it answers."""
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
class Shown:
    """A certificate that a machine has shown."""

    issuer: str
    names: set[str]
    serial: int
    trusted: bool  # by who trusts the ACME server alone


def shown(address: str, name: str, root: Path) -> Shown:
    """What port 443 of a machine shows to somebody who asks for a name."""
    trusted = True
    try:
        certificate = _handshake(address, name, ssl.create_default_context(cafile=str(root)))
    except ssl.SSLCertVerificationError:
        blind = ssl.create_default_context()
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
        trusted, certificate = False, _handshake(address, name, blind)
    found = x509.load_der_x509_certificate(certificate)
    alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Shown(
        issuer=found.issuer.rfc4514_string(),
        names=set(alternatives.get_values_for_type(x509.DNSName)),
        serial=found.serial_number,
        trusted=trusted,
    )


def _handshake(address: str, name: str, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection((address, 443), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=name) as secured,
    ):
        certificate = secured.getpeercert(binary_form=True)
    assert certificate
    return certificate
