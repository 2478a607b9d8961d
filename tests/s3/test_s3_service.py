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
from tests.s3.served import ACCESS_KEY, NOBODY, SECRET_KEY, USER, Served, command, serve

BODY = b"some text, " * 1000


@pytest.fixture(scope="module")
def web() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def attribute(served: Served, key: str) -> str | None:
    path = served.bucket("data") / key
    found = "user.content-encoding"
    return os.getxattr(path, found).decode() if found in os.listxattr(path) else None


@pytest.mark.parametrize("kind", ["trailing", "chunked"])
def test_the_coding_of_the_transfer_is_not_the_objects(served: Served, s3: Any, kind: str) -> None:
    assert status(send(served, upload(served, kind, "coded", BODY))) == 200
    head = s3.head_object(Bucket="data", Key="coded")
    assert "ContentEncoding" not in head
    assert attribute(served, "coded") is None


@pytest.mark.parametrize(("sent", "kept"), [("aws-chunked,gzip", "gzip"), ("gzip, aws-chunked", "gzip"), ("br", "br")])
def test_the_objects_own_coding_stays(served: Served, s3: Any, sent: str, kept: str) -> None:
    s3.put_object(Bucket="data", Key="coding", Body=gzip.compress(BODY), ContentEncoding=sent)
    assert s3.head_object(Bucket="data", Key="coding")["ContentEncoding"] == kept
    assert attribute(served, "coding") == kept


def test_an_object_of_before_is_read_without_it(served: Served, s3: Any, web: requests.Session) -> None:
    s3.put_object(Bucket="data", Key="before", Body=BODY)
    os.setxattr(served.bucket("data") / "before", "user.content-encoding", b"aws-chunked")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "before"})
    for headers in ({}, {"Range": "bytes=0-4"}):
        answer = web.get(url, headers=headers, timeout=10)
        assert "Content-Encoding" not in answer.headers
        assert BODY.startswith(answer.content)
    assert "ContentEncoding" not in s3.head_object(Bucket="data", Key="before")
    s3.copy_object(Bucket="data", Key="after", CopySource={"Bucket": "data", "Key": "before"})
    assert attribute(served, "after") is None


def admin(served: Served, web: requests.Session, path: str, body: str = "") -> requests.Response:
    request = AWSRequest("PATCH", f"{served.url}{path}", data=body)
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1").add_auth(request)
    return web.request("PATCH", request.url, data=body, headers=dict(request.headers.items()), timeout=10)


@pytest.mark.parametrize(
    "path", ["/create-user", "/update-user?access=a", "/delete-user?access=a", "/change-bucket-owner", "/x/create"]
)
def test_users_cannot_be_made(served: Served, web: requests.Session, path: str) -> None:
    answer = admin(served, web, path, "<Account><Access>a</Access><Secret>b</Secret><Role>user</Role></Account>")
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code><Message>This S3 has one key" in answer.text


def test_the_console_still_lists_buckets_and_has_no_pages_of_users(
    served: Served, s3: Any, web: requests.Session
) -> None:
    assert admin(served, web, "/list-buckets").status_code == 200
    console = f"http://{served.address}:{CONSOLE_PORT}/minio"
    page = web.get(f"{console}/buckets.html", timeout=10)
    assert page.status_code == 200
    assert "[data-admin-users-only],[data-iam-only]{display:none" in page.text
    for name in re.findall(r'href="((?:users|iam)[\w-]*\.html)"', page.text):
        answer = web.get(f"{console}/{name}", timeout=10)
        assert (answer.status_code, answer.text[:19]) == (404, "This S3 has one key")


@pytest.mark.parametrize(("key", "code"), [("access", "InvalidAccessKeyId"), ("secret", "SignatureDoesNotMatch")])
@pytest.mark.parametrize("bucket", ["data", "none-such"])
def test_a_wrong_key_is_refused(served: Served, s3: Any, key: str, code: str, bucket: str) -> None:
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


def test_a_request_without_a_key_reads_lists_and_changes_nothing(
    served: Served, s3: Any, web: requests.Session
) -> None:
    s3.put_object(Bucket="data", Key="private", Body=BODY)
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert web.request(method, f"{served.url}/data/private", timeout=10).status_code == 403
    assert web.get(f"{served.url}/data?list-type=2", timeout=10).status_code == 403
    old = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "data"}, ExpiresIn=1)
    assert web.get(old, timeout=10).status_code == 200
    later = re.sub(r"X-Amz-Date=\d+", "X-Amz-Date=20200101", old)
    assert web.get(later, timeout=10).status_code in (400, 403)


def test_pages_of_other_origins_may_use_it(served: Served, s3: Any, web: requests.Session) -> None:
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "data", "Key": "by-page"})
    origin = {"Origin": "https://page.test"}
    asked = web.options(url, headers={**origin, "Access-Control-Request-Method": "PUT"}, timeout=10)
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    put = web.put(url, data=BODY, headers=origin, timeout=10)
    assert put.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in put.headers["Access-Control-Expose-Headers"]
    got = web.get(
        s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "by-page"}), headers=origin, timeout=10
    )
    listed = web.get(
        s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "data"}), headers=origin, timeout=10
    )
    assert [one.headers["Access-Control-Allow-Origin"] for one in (got, listed)] == ["*", "*"]


def test_a_range_is_not_compressed(s3: Any, web: requests.Session) -> None:
    s3.put_object(Bucket="data", Key="range.txt", Body=BODY, ContentType="text/plain")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "range.txt"})
    for coding in ("gzip", "br", "zstd", "identity"):
        part = web.get(url, headers={"Range": "bytes=0-4999", "Accept-Encoding": coding}, timeout=10)
        assert (part.status_code, part.content) == (206, BODY[:5000])
        assert "Content-Encoding" not in part.headers


def test_it_has_a_minute_for_heads_and_between_pieces_of_bodies() -> None:
    config = assets.read("s3/files/front/nginx.conf")
    for setting in ("client_header_timeout", "client_body_timeout", "lua_socket_read_timeout", "send_timeout"):
        assert re.search(rf"^ +{setting} 60s;$", config, re.MULTILINE)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service with seconds for minutes, and three requests at a time."""
    with serve(tmp_path_factory.mktemp("hasty"), {"60s": "1s", "sources 256": "sources 3"}) as running:
        client = running.client()
        client.create_bucket(Bucket="data")
        client.close()
        yield running


def test_an_unfinished_head_ends_and_a_slow_body_does_not(hasty: Served) -> None:
    with socket.create_connection((hasty.address, 7070), timeout=10) as unfinished:
        unfinished.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        sent = upload(hasty, "presigned", "slow", BODY)
        with socket.create_connection((hasty.address, 7070), timeout=10) as slow:
            for i in range(7):
                slow.sendall(sent[i * len(sent) // 7 : (i + 1) * len(sent) // 7])
                time.sleep(0.5)  # what is tried is that 3.5 s in pieces are no second without any
            assert status(slow.recv(65536)) == 200
        assert b"HTTP/1.1 200" not in unfinished.recv(65536), "it has ended long ago"


def test_one_source_has_so_many_requests_at_a_time_and_no_more(hasty: Served) -> None:
    def opened(stack: contextlib.ExitStack, source: str, sent: bytes) -> socket.socket:
        connection = stack.enter_context(socket.create_connection((hasty.address, 7072), timeout=10))
        connection.sendall(f"PROXY TCP4 {source} 192.0.2.9 1 2\r\n".encode() + sent)
        return connection

    whole = upload(hasty, "presigned", "many", BODY)
    with contextlib.ExitStack() as stack:
        begun = [opened(stack, "192.0.2.1", whole[:-1]) for _ in range(3)]
        refused = opened(stack, "192.0.2.1", whole)
        found = b""
        while not found.endswith(b"</Error>"):
            found += refused.recv(65536)
        assert b"<Code>SlowDown</Code>" in found
        assert status(opened(stack, "192.0.2.2", whole).recv(65536)) == 200
        for connection in begun:
            connection.sendall(whole[-1:])
            assert status(connection.recv(65536)) == 200


def test_nothing_is_in_a_log_that_a_signature_could_be_made_of(served: Served, tmp_path: Path) -> None:
    assert SECRET_KEY not in served.log()


def open_files(served: Served) -> int:
    """How many files the front has open, with all its processes."""
    processes = command("docker", "top", served.front, "-o", "pid").split()[1:]
    return sum(1 for process in processes for _ in Path(f"/proc/{process}/fd").iterdir())


@pytest.mark.skipif(USER != NOBODY, reason="only root sees what another user's processes have open")
def test_no_file_stays_open_where_the_gateway_ends_the_request(tmp_path: Path) -> None:
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
