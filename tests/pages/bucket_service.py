"""A stand-in for Exoscale's bucket service: an S3 gateway that answers under the service's own name, behind a proxy.

Clients find it by HTTPS_PROXY and trust its certificate by SSL_CERT_FILE. The proxy lets them reach nothing else.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509

from tests.e2e.harness import docker
from tests.s3.served import image
from tests.support.crowd import crowd
from tests.support.self_signed import self_signed

HOST = "sos-ch-gva-2.exo.io"
PORT = 7070  # of the gateway
ACCESS_KEY, SECRET_KEY = "EXO...", "..."  # as the pages write Exoscale's API key


@contextmanager
def bucket_service(folder: Path, *labels: str) -> Iterator[dict[str, str]]:
    """Yield the variables by which clients reach the service, as long as it runs."""
    folder.mkdir(mode=0o777)
    options = [part for label in labels for part in ("--label", label)]
    variables = {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY, "VGW_REGION": "ch-gva-2"}
    options += [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    start = ("--entrypoint", "/usr/local/bin/versitygw", image("versitygw"), "--port", f":{PORT}", "posix", "/files")
    gateway = docker("run", "--quiet", "--detach", "--volume", f"{folder}:/files", *options, *start)
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    certificate, key = self_signed(x509.DNSName(HOST))
    files = {name: folder.with_name(f"{folder.name}-{name}.pem") for name in ("certificate", "key", "trusted")}
    files["certificate"].write_text(certificate)
    files["key"].write_text(key)
    system = Path(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt")
    files["trusted"].write_text(certificate + (system.read_text() if system.is_file() else ""))
    proxy = _Proxy(docker("inspect", "--format", template, gateway), files["certificate"], files["key"])
    try:
        port = proxy.start()
        yield {
            "HTTPS_PROXY": f"http://127.0.0.1:{port}",
            "NO_PROXY": "127.0.0.0/8",
            "SSL_CERT_FILE": str(files["trusted"]),
            "AWS_CA_BUNDLE": str(files["trusted"]),
            "REQUESTS_CA_BUNDLE": str(files["trusted"]),
        }
    finally:
        proxy.stop()
        docker("rm", "--force", "--volumes", gateway)


class _Proxy:
    """A proxy that connects its clients to the gateway, by TLS, whatever host they ask for."""

    def __init__(self, gateway: str, certificate: Path, key: Path):
        self._gateway = gateway
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> int:
        """Start to listen; return the port."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(timeout=10 * crowd())
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Close all connections."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10 * crowd())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10 * crowd())
        self._loop.close()

    async def _serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._connect, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split()
        if asked[:2] != [b"CONNECT", f"{HOST}:443".encode()]:
            writer.write(b"HTTP/1.1 502 this stand-in knows one host\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 connected\r\n\r\n")
        await writer.drain()
        with suppress(OSError):
            await writer.start_tls(self._context)
            from_gateway, to_gateway = await asyncio.open_connection(self._gateway, PORT)
            await asyncio.gather(_copy(reader, to_gateway), _copy(from_gateway, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()
