"""tools/certificates.py: the certificate that a machine serves."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509

from tests.support.self_signed import self_signed
from tools.certificates import shown


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
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    assert shown("127.0.0.1", "example.org", free) == "does not answer: ConnectionRefusedError"
