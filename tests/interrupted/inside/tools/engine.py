"""Takes the place of the Docker engine: its start, with the settings of then, and the part of its API in use."""

import json
import re
import shutil
import signal
import socket
import socketserver
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.interrupted.inside.tools.api import answer
from tests.interrupted.inside.tools.notify import say_ready
from tests.interrupted.inside.tools.store import OF_SWARM, version

SETTINGS = Path("/etc/docker/daemon.json")
STARTED = Path("/run/stand-in/engine")  # what it was started with
SOCKET = Path("/var/run/docker.sock")
FILES = {"tlscacert": "CA", "tlscert": "CERT", "tlskey": "KEY"}


def dockerd(words: Sequence[str]) -> None:
    """Starts as the engine does, and says when it is ready."""
    if "--version" in words:
        print(f"Docker version {version()}, build 0")
        return
    started = settings(words)
    hosts = started.get("hosts", [words[words.index("-H") + 1]] if "-H" in words else [])
    with Server(given="fd://" in hosts) as server:
        STARTED.parent.mkdir(exist_ok=True)
        STARTED.write_text(json.dumps(started, indent=1, sort_keys=True), encoding="utf-8")
        OF_SWARM.mkdir(exist_ok=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        say_ready()
        try:
            server.serve_forever()
        finally:
            STARTED.unlink()


def settings(words: Sequence[str]) -> dict[str, Any]:
    """What it is started with.

    Errors: SystemExit for what the engine would refuse.
    """
    found: dict[str, Any] = json.loads(SETTINGS.read_text(encoding="utf-8")) if SETTINGS.exists() else {}
    if "hosts" in found and "-H" in words:
        sys.exit("the following directives are specified both as a flag and in the configuration file: hosts")
    texts = {key: Path(found[key]).read_text(encoding="utf-8") for key in FILES if key in found}
    numbers = {key: re.search(rf"^{FILES[key]} (\S+)$", text, re.MULTILINE) for key, text in texts.items()}
    pair = {number[1] if (number := numbers[key]) else None for key in ("tlscert", "tlskey") if key in numbers}
    if None in pair or len(pair) > 1:
        sys.exit("tls: private key does not match public key")
    return found | texts


class Handler(BaseHTTPRequestHandler):
    """A request of Docker's API."""

    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        """A socket of this machine has none."""
        return "socket"

    def log_message(self, *_: Any) -> None:
        """It logs nothing."""

    def do_HEAD(self) -> None:
        """An answer without text."""
        self._answer(200)

    def do_GET(self) -> None:
        """A look."""
        self._route("GET")

    def do_POST(self) -> None:
        """A change."""
        self._route("POST")

    def do_DELETE(self) -> None:
        """A removal."""
        self._route("DELETE")

    def _route(self, method: str) -> None:
        path, _, query = self.path.partition("?")
        path = re.sub(r"^/v1\.\d+", "", path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = {key: values[0] for key, values in parse_qs(query).items()}
        self._answer(*answer(method, path, given, json.loads(body) if body else {}))

    def _answer(self, status: int, told: Any = None) -> None:
        data = b"" if told is None else json.dumps(told, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True


class Server(socketserver.ThreadingUnixStreamServer):
    """Listens on Docker's socket, which systemd may have opened."""

    daemon_threads = True

    def __init__(self, *, given: bool) -> None:
        super().__init__(str(SOCKET), Handler, bind_and_activate=False)
        if given:
            self.socket = socket.socket(fileno=3)
        else:
            SOCKET.unlink(missing_ok=True)
            self.server_bind()
            shutil.chown(SOCKET, group="docker")
            SOCKET.chmod(0o660)
            self.server_activate()
