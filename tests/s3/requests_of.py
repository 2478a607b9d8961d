"""Uploads as clients send them: of each kind of signature, as bytes, so that they can be cut anywhere."""

import base64
import hashlib
import hmac
import socket
import zlib
from collections.abc import Callable
from urllib.parse import quote

from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]

from tests.s3.served import ACCESS_KEY, PATIENCE_S, SECRET_KEY, Served

CHUNK = 65536


class _Signer(S3SigV4Auth):  # type: ignore[misc]
    """Signs with a given word in the place of the body's digest."""

    def __init__(self, payload: str, secret: str) -> None:
        super().__init__(Credentials(ACCESS_KEY, secret), "s3", "us-east-1")
        self._payload = payload

    def payload(self, request: AWSRequest) -> str:
        return self._payload


def _request(served: Served, key: str, body: bytes, payload: str, secret: str, **headers: str) -> AWSRequest:
    url = f"{served.url}/data/{quote(key)}"
    request = AWSRequest("PUT", url, data=body, headers={"Host": served.address + ":7070", **headers})
    _Signer(payload, secret).add_auth(request)
    return request


def _bytes(request: AWSRequest, body: bytes, **more: str) -> bytes:
    path = request.url.split("/", 3)[3]
    headers = {**dict(request.headers.items()), "Content-Length": str(len(body)), **more}
    lines = [f"{request.method} /{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def unsigned(served: Served, key: str, body: bytes, secret: str) -> bytes:
    """Signed, but for the body."""
    return _bytes(_request(served, key, b"", "UNSIGNED-PAYLOAD", secret), body)


def presigned(served: Served, key: str, body: bytes, secret: str) -> bytes:
    """By a URL, as Nuvla hands them out."""
    client = served.client(secret=secret)
    url = client.generate_presigned_url("put_object", Params={"Bucket": "data", "Key": key}, ExpiresIn=600)
    client.close()
    path = url.split("/", 3)[3]
    head = f"PUT /{path} HTTP/1.1\r\nHost: {served.address}:7070\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def signed(served: Served, key: str, body: bytes, secret: str) -> bytes:
    """With the digest of the whole body."""
    return _bytes(_request(served, key, b"", hashlib.sha256(body).hexdigest(), secret), body)


def _chunks(body: bytes) -> list[bytes]:
    return [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)]


def trailing(served: Served, key: str, body: bytes, secret: str) -> bytes:
    """In chunks, with a checksum after them: what SDKs do by default over TLS."""
    sum_ = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in _chunks(body))
    coded += f"0\r\nx-amz-checksum-crc32:{sum_}\r\n\r\n".encode()
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Decoded-Content-Length": str(len(body)),
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    return _bytes(_request(served, key, b"", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", secret, **headers), coded)


def chunked(served: Served, key: str, body: bytes, secret: str) -> bytes:
    """In chunks that are signed each."""
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(len(body))}
    request = _request(served, key, b"", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", secret, **headers)
    date = request.headers["X-Amz-Date"]
    scope = f"{date[:8]}/us-east-1/s3/aws4_request"
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    previous = request.headers["Authorization"].rpartition("Signature=")[2]
    empty = hashlib.sha256().hexdigest()
    coded = b""
    for chunk in [*_chunks(body), b""]:
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", date, scope, previous, empty, hashlib.sha256(chunk).hexdigest()])
        previous = hmac.new(signing, text.encode(), "sha256").hexdigest()
        coded += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk + b"\r\n"
    return _bytes(request, coded)


def form(served: Served, key: str, body: bytes, secret: str) -> bytes:
    """By a page in a browser."""
    client = served.client(secret=secret)
    post = client.generate_presigned_post("data", key, ExpiresIn=600)
    client.close()
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in post["fields"].items()
    ]
    head = "".join(parts) + '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    coded = head.encode() + body + b"\r\n--B--\r\n"
    lines = ["POST /data HTTP/1.1", f"Host: {served.address}:7070", "Content-Type: multipart/form-data; boundary=B"]
    return "\r\n".join([*lines, f"Content-Length: {len(coded)}", "", ""]).encode() + coded


Kind = Callable[[Served, str, bytes, str], bytes]
KINDS: dict[str, Kind] = {one.__name__: one for one in (unsigned, presigned, signed, trailing, chunked, form)}


def upload(served: Served, kind: str, key: str, body: bytes, secret: str = SECRET_KEY) -> bytes:
    """The bytes of an upload."""
    return KINDS[kind](served, key, body, secret)


def send(served: Served, sent: bytes, *, ends: bool = False) -> bytes:
    """What is answered to these bytes; if the client `ends`, it says that no more come."""
    with socket.create_connection((served.address, 7070), timeout=PATIENCE_S) as connection:
        try:
            connection.sendall(sent)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            return _answer(connection, ends or b"Connection: close" in sent)
        except (ConnectionResetError, BrokenPipeError) as broken:
            return f"broken: {broken}".encode()


def _answer(connection: socket.socket, ends: bool) -> bytes:
    found = b""
    while piece := connection.recv(65536):
        found += piece
        head, _, rest = (
            found.rpartition(b"\r\n\r\n") if found.startswith(b"HTTP/1.1 100") else found.partition(b"\r\n\r\n")
        )
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if not ends and rest is not None and lengths and len(rest) >= int(lengths[0].split(b":")[1]):
            break
    return found


def status(answer: bytes) -> int:
    """The status of an answer, 0 if there is none."""
    lines = [
        line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ") and not line.startswith(b"HTTP/1.1 100")
    ]
    return int(lines[0].split()[1]) if lines else 0
