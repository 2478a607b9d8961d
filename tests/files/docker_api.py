"""HAProxy as the program ships it, between those who ask and an engine of Docker that answers what a test says."""

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from threading import Thread
from typing import Any

from tests.files.judged import OWN
from tests.files.shipped import COMPONENTS
from tests.support.crowd import crowd
from tests.support.required_tools import required_tool

FILES = COMPONENTS / "socket_proxy/files"
PATIENCE_S = 30


@dataclass(frozen=True)
class Answer:
    """What the engine has to say to a request."""

    body: bytes = b"[]"
    status: int = 200
    chunked: bool = False  # as the engine does with what is long
    promised: int | None = None  # bytes, where it breaks off before
    delay_s: float = 0


@dataclass(frozen=True)
class Reply:
    """What HAProxy answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Engine:
    """The engine: it answers every path alike, and notes who asked for what."""

    answer: Answer = field(default_factory=Answer)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # method, path, headers in small letters

    def answers(self, body: bytes | str, **other: Any) -> None:
        """From now on."""
        self.answer = Answer(body.encode() if isinstance(body, str) else body, **other)
        self.asked.clear()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Answers for it."""
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): text for name, text in self.headers.items()}
                engine.asked.append((self.command, self.path, headers))
                answer = engine.answer
                time.sleep(answer.delay_s)
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                if answer.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                else:
                    self.send_header("Content-Length", str(answer.promised or len(answer.body)))
                self.end_headers()
                if self.command == "HEAD":
                    return
                if answer.chunked:
                    for at in range(0, len(answer.body), 4000):
                        part = answer.body[at : at + 4000]
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                    self.wfile.write(b"0\r\n\r\n")
                else:
                    self.wfile.write(answer.body)
                self.close_connection = answer.promised is not None

            do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - names of methods

            def address_string(self) -> str:
                return "somebody"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing."""

        return Handler


class _Server(ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


@dataclass(frozen=True)
class Proxy:
    """HAProxy, and the engine that it asks."""

    folder: Path
    engine: Engine
    process: "subprocess.Popen[bytes]"

    def ask(
        self,
        path: str,
        bind: str = "machine",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Asks at one of the two binds for a path just as it is written."""
        connection = http.client.HTTPConnection("docker", timeout=PATIENCE_S * crowd())
        with socket.socket(socket.AF_UNIX) as connection.sock:
            connection.sock.settimeout(PATIENCE_S * crowd())
            connection.sock.connect(str(self.folder / bind))
            connection.putrequest(method, path)
            for name, text in (headers or {}).items():
                connection.putheader(name, text)
            connection.endheaders()
            answer = connection.getresponse()
            return Reply(answer.status, answer.read(), {name.lower(): text for name, text in answer.getheaders()})

    def log(self) -> str:
        """What HAProxy has said."""
        return (self.folder / "log").read_text(encoding="utf-8")


def placed(folder: Path) -> Path:
    """The configuration with what it reads, and its sockets, in a folder instead of where containers have them."""
    places = {
        "/usr/local/etc/haproxy/": f"{folder}/",
        "unix@/var/run/docker.sock": f"unix@{folder}/engine",
        "unix@/run/docker-proxy/docker.sock": f"unix@{folder}/machine",
        "bind :2375": f"bind unix@{folder}/swarm",
    }
    for file in FILES.iterdir():
        text = file.read_text(encoding="utf-8")
        for place, other in places.items():
            text = text.replace(place, other)
        (folder / file.name).write_text(text, encoding="utf-8")
    return folder / "haproxy.cfg"


@contextmanager
def proxy(
    folder: Path,
    *,
    s3_name: str = "",
    published: Iterable[str] = OWN,
    changed: tuple[str, str] = ("", ""),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Proxy]:
    """HAProxy in front of an engine that is there; the program itself, as a container would have no such sockets."""
    required_tool("haproxy")
    program = shutil.which("haproxy", path="/usr/sbin")
    assert program, "/usr/sbin/haproxy is not there: apt-get install haproxy"
    engine, configuration = Engine(), placed(folder)
    for file in (configuration, folder / "answers.lua"):
        file.write_text(file.read_text().replace(*changed, 1))
    with _Server(str(folder / "engine"), engine.handler()) as server, (folder / "log").open("w") as log:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        env = os.environ | {"PUBLISHED": ",".join(published), "S3_NAME": s3_name} | dict(environment or {})
        with subprocess.Popen([program, "-f", configuration], env=env, stdout=log, stderr=log) as running:
            try:
                made = Proxy(folder, engine, running)
                _await(made, running)
                yield made
            finally:
                running.kill()
                server.shutdown()


def _await(made: Proxy, running: subprocess.Popen[bytes]) -> None:
    began = time.monotonic()
    while True:
        assert running.poll() is None, made.log()
        assert time.monotonic() - began < PATIENCE_S * crowd(), made.log()
        try:
            made.ask("/_ping")
        except OSError:
            time.sleep(0.01)
        else:
            return
