"""tools/access/web.py: requests to an infrastructure, also without its name in DNS."""

import http.server
import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import requests
from cryptography import x509

from tests.support.self_signed import self_signed
from tools.access import web
from tools.access.web import Web, reason

NAME = "target.example.org"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the host that was asked for."""

    def do_GET(self) -> None:
        body = str(self.headers["Host"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a server with a certificate of the name; it notes the names that clients ask for."""
    certificate, key = self_signed(x509.DNSName(NAME))
    (tmp_path / "both.pem").write_text(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    asked.clear()
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


asked: list[str | None] = []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_name_that_leads_nowhere_is_asked_at_the_address(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_addresses", lambda _: set())
    monkeypatch.setattr(web, "TIMEOUT_S", 60)  # of a server that is a thread of this test
    for proxy in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    answer = Web(NAME, "127.0.0.1").get(f"https://{NAME}:{port}/")
    assert (answer.status_code, answer.text) == (200, f"{NAME}:{port}")
    assert asked == [NAME]


def test_problem_of_a_domain_is_told_with_the_right_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, problem in (
        (set(), f"{NAME} has no address; set its A record to 192.0.2.7"),
        ({"192.0.2.8"}, f"{NAME} points to 192.0.2.8; set its A record to 192.0.2.7"),
        ({"192.0.2.7", "192.0.2.8"}, None),
    ):
        monkeypatch.setattr(web, "_addresses", lambda _, found=found: found)
        assert Web(NAME, "192.0.2.7").problem() == problem
    assert Web("192.0.2.7", "192.0.2.7").problem() is None


def test_errors_are_told_in_words() -> None:
    assert reason(requests.ConnectTimeout()) == "no answer"
    assert reason(requests.ReadTimeout()) == "connects, but does not answer"
    assert reason(requests.exceptions.TooManyRedirects()) == "TooManyRedirects"


def test_impossible_name_leads_to_nothing() -> None:
    assert web._addresses("a" * 300) == set()
