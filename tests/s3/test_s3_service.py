"""Codings, users, origins and the console of the S3 service, and how long it waits (X2, F18, S20, S28)."""

import contextlib
import gzip
import os
import re
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from components import assets
from components.s3.stack import CONSOLE_PORT
from tests.s3.requests_of import send, status, upload
from tests.s3.served import ACCESS_KEY, NOBODY, PATIENCE_S, SECRET_KEY, USER, Served, command, serve
from tests.support.rows import rows

pytestmark = pytest.mark.engine

BODY = b"some text, " * 1000
HASTY_S = 3
UNBOUND_S = 50  # shorter than what nginx gives a head that no setting bounds
MOST_TRIES = 5


@pytest.fixture(scope="module")
def web() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def attribute(served: Served, key: str) -> str | None:
    path = served.bucket("data") / key
    found = "user.content-encoding"
    return os.getxattr(path, found).decode() if found in os.listxattr(path) else None


@rows("kind", ["trailing", "chunked"])
def test_transfer_encoding_is_not_stored_as_content_encoding(served: Served, s3: Any, kind: str) -> None:
    assert status(send(served, upload(served, kind, "coded", BODY))) == 200
    head = s3.head_object(Bucket="data", Key="coded")
    assert "ContentEncoding" not in head
    assert attribute(served, "coded") is None


@rows("sent, kept", [("aws-chunked,gzip", "gzip"), ("gzip, aws-chunked", "gzip"), ("br", "br")])
def test_content_encoding_of_the_object_is_stored(served: Served, s3: Any, sent: str, kept: str) -> None:
    s3.put_object(Bucket="data", Key="coding", Body=gzip.compress(BODY), ContentEncoding=sent)
    assert s3.head_object(Bucket="data", Key="coding")["ContentEncoding"] == kept
    assert attribute(served, "coding") == kept


def test_stored_aws_chunked_encoding_is_not_returned(served: Served, s3: Any, web: requests.Session) -> None:
    s3.put_object(Bucket="data", Key="before", Body=BODY)
    os.setxattr(served.bucket("data") / "before", "user.content-encoding", b"aws-chunked")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "before"})
    for headers in ({}, {"Range": "bytes=0-4"}):
        answer = web.get(url, headers=headers, timeout=PATIENCE_S)
        assert "Content-Encoding" not in answer.headers
        assert BODY.startswith(answer.content)
    assert "ContentEncoding" not in s3.head_object(Bucket="data", Key="before")
    s3.copy_object(Bucket="data", Key="after", CopySource={"Bucket": "data", "Key": "before"})
    assert attribute(served, "after") is None


def admin(served: Served, web: requests.Session, path: str, body: str = "") -> requests.Response:
    request = AWSRequest("PATCH", f"{served.url}{path}", data=body)
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1").add_auth(request)
    return web.request("PATCH", request.url, data=body, headers=dict(request.headers.items()), timeout=PATIENCE_S)


@rows("path", ["/create-user", "/update-user?access=a", "/delete-user?access=a", "/change-bucket-owner", "/x/create"])
def test_admin_requests_that_create_users_are_denied(served: Served, web: requests.Session, path: str) -> None:
    answer = admin(served, web, path, "<Account><Access>a</Access><Secret>b</Secret><Role>user</Role></Account>")
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code><Message>This S3 has one key" in answer.text


def test_console_lists_buckets_and_has_no_user_pages(served: Served, s3: Any, web: requests.Session) -> None:
    assert admin(served, web, "/list-buckets").status_code == 200
    console = f"http://{served.address}:{CONSOLE_PORT}/minio"
    page = web.get(f"{console}/buckets.html", timeout=PATIENCE_S)
    assert page.status_code == 200
    assert "[data-admin-users-only],[data-iam-only]{display:none" in page.text
    for name in re.findall(r'href="((?:users|iam)[\w-]*\.html)"', page.text):
        answer = web.get(f"{console}/{name}", timeout=PATIENCE_S)
        assert (answer.status_code, answer.text[:19]) == (404, "This S3 has one key")


@rows("key, code", [("access", "InvalidAccessKeyId"), ("secret", "SignatureDoesNotMatch")])
@rows("bucket", ["data", "none-such"])
def test_wrong_key_is_rejected(served: Served, s3: Any, key: str, code: str, bucket: str) -> None:
    keys = {"access": ACCESS_KEY, "secret": SECRET_KEY} | {key: "0" * 20}
    stranger = served.client(access=keys["access"], secret=keys["secret"])
    for call in (
        partial(stranger.list_objects_v2, Bucket=bucket),
        partial(stranger.get_object, Bucket=bucket, Key="x"),
        partial(stranger.put_object, Bucket=bucket, Key="x", Body=b""),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] in (code, "NoSuchBucket" if bucket == "none-such" else code)
    stranger.close()


def test_unsigned_and_expired_requests_are_denied(served: Served, s3: Any, web: requests.Session) -> None:
    s3.put_object(Bucket="data", Key="private", Body=BODY)
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert web.request(method, f"{served.url}/data/private", timeout=PATIENCE_S).status_code == 403
    assert web.get(f"{served.url}/data?list-type=2", timeout=PATIENCE_S).status_code == 403
    old = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "data"}, ExpiresIn=1)
    assert web.get(old, timeout=PATIENCE_S).status_code == 200
    later = re.sub(r"X-Amz-Date=\d+", "X-Amz-Date=20200101", old)
    assert web.get(later, timeout=PATIENCE_S).status_code in (400, 403)


def test_cors_allows_other_origins(served: Served, s3: Any, web: requests.Session) -> None:
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "data", "Key": "by-page"})
    origin = {"Origin": "https://page.test"}
    asked = web.options(url, headers={**origin, "Access-Control-Request-Method": "PUT"}, timeout=PATIENCE_S)
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    put = web.put(url, data=BODY, headers=origin, timeout=PATIENCE_S)
    assert put.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in put.headers["Access-Control-Expose-Headers"]
    got = web.get(
        s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "by-page"}),
        headers=origin,
        timeout=PATIENCE_S,
    )
    listed = web.get(
        s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "data"}), headers=origin, timeout=PATIENCE_S
    )
    assert [one.headers["Access-Control-Allow-Origin"] for one in (got, listed)] == ["*", "*"]


def test_range_response_is_not_compressed(s3: Any, web: requests.Session) -> None:
    s3.put_object(Bucket="data", Key="range.txt", Body=BODY, ContentType="text/plain")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "range.txt"})
    for coding in ("gzip", "br", "zstd", "identity"):
        part = web.get(url, headers={"Range": "bytes=0-4999", "Accept-Encoding": coding}, timeout=PATIENCE_S)
        assert (part.status_code, part.content) == (206, BODY[:5000])
        assert "Content-Encoding" not in part.headers


def test_nginx_timeouts_are_one_minute() -> None:
    config = assets.read("s3/files/front/nginx.conf")
    for setting in ("client_header_timeout", "client_body_timeout", "lua_socket_read_timeout", "send_timeout"):
        assert re.search(rf"^ +{setting} 60s;$", config, re.MULTILINE)


def make_bucket(served: Served) -> None:
    client = served.client()
    client.create_bucket(Bucket="data")
    client.close()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service with three seconds for minutes."""
    with serve(tmp_path_factory.mktemp("hasty"), {"60s": f"{HASTY_S}s"}) as running:
        make_bucket(running)
        yield running


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service with three requests at a time."""
    with serve(tmp_path_factory.mktemp("narrow"), {"sources 256": "sources 3"}) as running:
        make_bucket(running)
        yield running


def test_unfinished_header_times_out_and_slow_body_does_not(hasty: Served) -> None:
    with socket.create_connection((hasty.address, 7070), timeout=UNBOUND_S) as unfinished:
        unfinished.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        sent = upload(hasty, "presigned", "slow", BODY)
        for _ in range(MOST_TRIES):
            code, longest_s = sent_in_pieces(hasty, sent)
            if code == 200 or longest_s < HASTY_S:  # otherwise this computer had no core for the client in time
                break
        assert code == 200, f"{longest_s:.1f} s without a piece"
        assert b"HTTP/1.1 200" not in unfinished.recv(65536), "it has ended long ago"


def sent_in_pieces(served: Served, sent: bytes) -> tuple[int, float]:
    """Send an upload in pieces, in 4 s; return the status of the answer, and the longest time without a piece."""
    longest_s = 0.0
    with socket.create_connection((served.address, 7070), timeout=PATIENCE_S) as slow:
        try:
            last = time.monotonic()
            for i in range(8):
                began = time.monotonic()
                slow.sendall(sent[i * len(sent) // 8 : (i + 1) * len(sent) // 8])
                longest_s, last = max(longest_s, time.monotonic() - last), began
                time.sleep(0.5)  # what is tried is that 4 s in pieces are no three seconds without any
            return status(slow.recv(65536)), longest_s
        except (ConnectionResetError, BrokenPipeError):
            return 0, longest_s


def test_concurrent_requests_per_source_are_limited(narrow: Served) -> None:
    def opened(stack: contextlib.ExitStack, source: str, sent: bytes) -> socket.socket:
        connection = stack.enter_context(socket.create_connection((narrow.address, 7072), timeout=PATIENCE_S))
        connection.sendall(f"PROXY TCP4 {source} 192.0.2.9 1 2\r\n".encode() + sent)
        return connection

    whole = upload(narrow, "presigned", "many", BODY)
    head, _, body = whole.partition(b"\r\n\r\n")
    with contextlib.ExitStack() as stack:
        begun = [opened(stack, "192.0.2.1", head + b"\r\nExpect: 100-continue\r\n\r\n") for _ in range(3)]
        for connection in begun:  # the front asks for the body of a request that it has counted, each process its own
            assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
            connection.sendall(body[:-1])
        refused = opened(stack, "192.0.2.1", whole)
        found = b""
        while not found.endswith(b"</Error>") and (more := refused.recv(65536)):
            found += more
        assert b"<Code>SlowDown</Code>" in found
        assert status(opened(stack, "192.0.2.2", whole).recv(65536)) == 200
        for connection in begun:
            connection.sendall(whole[-1:])
            assert status(connection.recv(65536)) == 200


def test_log_holds_no_secret_key(served: Served, tmp_path: Path) -> None:
    assert SECRET_KEY not in served.log()


def open_files(served: Served) -> int:
    """How many files the front has open, with all its processes."""
    processes = command("docker", "top", served.front, "-o", "pid").split()[1:]
    return sum(1 for process in processes for _ in Path(f"/proc/{process}/fd").iterdir())


@pytest.mark.skipif(USER != NOBODY, reason="only root sees what another user's processes have open")
def test_failed_gateway_requests_leave_no_open_files(tmp_path: Path) -> None:
    place = tmp_path / "sockets/gateway.sock"
    with serve(tmp_path) as served:
        s3 = served.client()
        s3.create_bucket(Bucket="data")
        s3.put_object(Bucket="data", Key="k", Body=b"of the test")
        served.kill(served.gateway)
        place.unlink(missing_ok=True)
        with socketserver.ThreadingUnixStreamServer(str(place), socketserver.BaseRequestHandler) as gateway:
            place.chmod(0o666)
            threading.Thread(target=gateway.serve_forever, args=(0.01,), daemon=True).start()
            try:
                counts = []
                for _ in range(30):
                    with pytest.raises(ClientError, match=r"InternalError|SlowDown"):
                        s3.get_object(Bucket="data", Key="k")
                    counts.append(open_files(served))
            finally:
                gateway.shutdown()
        served.gateway = ""
        s3.close()
    assert max(counts) - counts[0] < 5, counts
