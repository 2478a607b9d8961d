"""An HTTP proxy on this computer that records hosts, and a door with a login in front of an image registry."""

import select
import shutil
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TIMEOUT_S = 60
OF_ONE_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "te", "upgrade"}


class RecordingProxy(ThreadingHTTPServer):
    """A proxy on a port of its own, with the hosts that it was asked for, as `<host>` or `<host>:<port>`."""

    daemon_threads = True
    request_queue_size = 128  # machines pull all images at once

    def __init__(self) -> None:
        self.hosts: set[str] = set()
        super().__init__(("0.0.0.0", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Return the port that the proxy listens on."""
        return int(self.server_address[1])


class PrivateRegistry(ThreadingHTTPServer):
    """A registry that lets in one login, on a port of its own beside the registry whose images it has."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, registry: str, username: str, password: str) -> None:
        self.registry = registry  # "<address>:<port>"
        self.login = f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"
        super().__init__((registry.partition(":")[0], 0), _Door)
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """Return the first part of its images' names."""
        return f"{self.registry.partition(':')[0]}:{self.server_address[1]}"


class _Forwarder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        self._forward()

    def do_HEAD(self) -> None:
        self._forward()

    def _forward(self) -> None:
        raise NotImplementedError

    def _pass_on(self, host: str, path: str) -> None:
        self.close_connection = True
        # Docker sends an `Accept` for each format of manifests that it takes, in any order.
        headers = {
            key: ", ".join(self.headers.get_all(key, [])) for key in self.headers if key.lower() not in OF_ONE_HOP
        }
        with _connected(host) as connection:
            connection.request(self.command, path, headers=headers)
            answer = connection.getresponse()
            self.send_response_only(answer.status, answer.reason)
            for key, text in answer.getheaders():
                if key.lower() not in OF_ONE_HOP:
                    self.send_header(key, text)
            self.send_header("Connection", "close")
            self.end_headers()
            shutil.copyfileobj(answer, self.wfile)


class _Door(_Forwarder):
    server: PrivateRegistry

    def _forward(self) -> None:
        if self.headers.get("Authorization") == self.server.login:
            self._pass_on(self.server.registry, self.path)
            return
        self.close_connection = True
        self.send_response_only(401)
        self.send_header("WWW-Authenticate", 'Basic realm="private"')
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()


class _Handler(_Forwarder):
    server: RecordingProxy

    def do_CONNECT(self) -> None:
        self.close_connection = True
        host, _, port = self.path.rpartition(":")
        self.server.hosts.add(self.path)
        try:
            other = socket.create_connection((host, int(port)), timeout=TIMEOUT_S)
        except OSError:
            self.send_error(502)
            return
        with other:
            self.send_response_only(200)
            self.end_headers()
            _tunnel(self.connection, other)

    def _forward(self) -> None:
        url = urlsplit(self.path)
        self.server.hosts.add(url.netloc)
        self._pass_on(url.netloc, url._replace(scheme="", netloc="").geturl() or "/")


@contextmanager
def _connected(host: str) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(host, timeout=TIMEOUT_S)
    try:
        yield connection
    finally:
        connection.close()


def _tunnel(one: socket.socket, other: socket.socket) -> None:
    """Copy both ways until one side ends."""
    ends = {one: other, other: one}
    while True:
        ready, _, _ = select.select([one, other], [], [], TIMEOUT_S)
        if not ready:
            return
        for end in ready:
            data = end.recv(65536)
            if not data:
                return
            ends[end].sendall(data)
