"""Receivers of notifications for tests: a web server that poses as Slack, Teams and PagerDuty, and a mail server."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass
class WebReceiver:
    """The bodies of requests by path, while the server runs at `url`."""

    url: str
    port: int
    bodies: dict[str, list[Any]] = field(default_factory=dict)

    def at(self, path: str) -> list[Any]:
        """Return the bodies of the requests of a path so far."""
        return list(self.bodies.get(path, []))


@dataclass
class MailReceiver:
    """The mails so far, while the server runs at `host` and `port`."""

    host: str
    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)  # of envelopes
    encrypted: list[bool] = field(default_factory=list)  # whether each mail came over TLS


@contextmanager
def web_receiver(address: str = "127.0.0.1") -> Iterator[WebReceiver]:
    """Yield a web server that accepts every POST with JSON, as Slack, Teams and PagerDuty answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.bodies.setdefault(self.path, []).append(body)
            answer = b"ok"
            self.send_response(202 if "enqueue" in self.path else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer((address, 0), Handler) as server:
        receiver = WebReceiver(f"http://{address}:{server.server_port}", server.server_port)
        with _running(server):
            yield receiver


@contextmanager
def mail_receiver(address: str = "127.0.0.1", certificate: Path | None = None) -> Iterator[MailReceiver]:
    """Yield a mail server that accepts every mail; `certificate`, a file with its key too, makes it offer STARTTLS."""

    class Handler(StreamRequestHandler):
        encrypted = False
        sender = ""

        def say(self, *lines: str) -> None:
            for index, line in enumerate(lines):
                separator = " " if index == len(lines) - 1 else "-"
                self.wfile.write(f"{line[:3]}{separator}{line[4:]}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test")
            while line := self.rfile.readline():
                word, _, rest = line.decode().strip().partition(" ")
                if word.upper() in ("EHLO", "HELO"):
                    offers = ["250 STARTTLS"] if certificate and not self.encrypted else []
                    self.say("250 test", "250 8BITMIME", *offers)
                elif word.upper() == "STARTTLS" and certificate:
                    self.say("220 go on")
                    self.encrypt(certificate)
                elif word.upper() == "MAIL":
                    self.sender = rest.partition(":")[2].partition(" ")[0].strip("<>")
                    self.say("250 ok")
                elif word.upper() == "DATA":
                    self.say("354 go on")
                    self.take()
                    self.say("250 ok")
                elif word.upper() == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def finish(self) -> None:
            super().finish()
            self.request.close()  # the server knows the socket beneath TLS alone

        def encrypt(self, file: Path) -> None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            self.request = context.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
            self.encrypted = True

        def take(self) -> None:
            content = b""
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                content += line.removeprefix(b".")
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            receiver.senders.append(self.sender)
            receiver.encrypted.append(self.encrypted)
            receiver.mails.append(mail)

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server((address, 0), Handler) as server:
        receiver = MailReceiver(address, server.server_address[1])
        with _running(server):
            yield receiver


@contextmanager
def _running(server: BaseServer) -> Iterator[None]:
    """Serve in a thread while the context lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
