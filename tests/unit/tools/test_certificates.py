"""tools/certificates.py: certificates of Docker's API, and the certificate that a machine serves."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509

from tests.support.ports import reserved_port
from tests.support.self_signed import self_signed
from tools.certificates import of_docker, shown
from tools.console import Fault


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a server that serves one client its certificate."""
    certificate, key = self_signed(x509.DNSName("example.org"))
    (tmp_path / "both.pem").write_text(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)

        thread = Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=10)


def test_served_certificate_is_described_by_issuer_and_end(port: int) -> None:
    assert re.fullmatch(r"self-signed, until \d{4}-\d{2}-\d{2}", shown("127.0.0.1", "example.org", port))


def test_unreachable_server_is_described_by_its_error() -> None:
    with reserved_port() as closed:
        told = shown("127.0.0.1", "example.org", closed)
    assert isinstance(told, Fault)
    assert told == "does not answer: ConnectionRefusedError"


def test_certificates_of_the_docker_api_are_sorted_by_their_end_and_nuvlas_is_first() -> None:
    ends = {"ca": "2999-01-02T06:00:00Z", "nuvla": "2998-01-02T06:00:00Z", "manager-1": "2001-01-02T06:00:00+00:00"}
    first, second, third = of_docker(ends, "prod")
    assert re.fullmatch(r"on 2376, of nuvla: until 2998-01-02, 3\d+ days", first)
    assert [isinstance(line, Fault) for line in (first, second, third)] == [False, True, False]
    assert second == ("on 2376, of manager-1: until 2001-01-02, expired; `make up STACK=prod` renews it")
    assert third.startswith("on 2376, of ca: until 2999-01-02, 3")
    assert list(of_docker({}, "prod")) == [], "of an infrastructure of an earlier version"
    assert list(of_docker({"ca": "some day"}, "prod")) == ["on 2376, of ca: until some day"]


def test_end_of_nuvlas_certificate_is_told_before_it_comes() -> None:
    soon = datetime.now(UTC) + timedelta(days=20, hours=1)
    [line] = of_docker({"nuvla": soon.isoformat()}, "prod")
    assert line.endswith(
        "20 days; `make up STACK=prod` renews it, then `make nuvla STACK=prod` writes the new one: paste it into the "
        "credential in Nuvla"
    )


def test_server_that_speaks_no_tls_is_described() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = Thread(target=answer)
        thread.start()
        assert shown("127.0.0.1", "example.org", listener.getsockname()[1]).startswith("does not answer: ")
        thread.join(timeout=10)
