"""Uploads are stored whole or not at all, and refusals are read by who is refused (X1, X4)."""

import random
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.s3.requests_of import KINDS, send, status, upload
from tests.s3.served import NOBODY, PATIENCE_S, SECRET_KEY, USER, Served, serve
from tests.support.rows import rows

pytestmark = pytest.mark.engine

SEED = 20261129
OLD = b"the object that was there\n" * 1000
CUTS = 9  # of each kind of upload: 54 in all


def places(kind: str, length: int, head: int) -> list[int]:
    """Where uploads of this kind are cut: after their heads, at random."""
    chosen = random.Random(f"{SEED}-{kind}")
    return [head, *sorted(chosen.randrange(head, length) for _ in range(CUTS - 2)), length - 1]


@pytest.fixture(scope="module")
def body() -> bytes:
    return random.Random(SEED).randbytes(3 * 2**20 + 17)


def assert_unchanged(s3: Any, key: str) -> None:
    found = s3.get_object(Bucket="data", Key=key)
    assert found["Body"].read() == OLD
    assert found["ContentLength"] == len(OLD)


@rows("kind", KINDS)
def test_whole_upload_is_stored(served: Served, s3: Any, body: bytes, kind: str) -> None:
    answer = send(served, upload(served, kind, f"whole/{kind}", body))
    assert status(answer) in (200, 204), answer
    assert s3.get_object(Bucket="data", Key=f"whole/{kind}")["Body"].read() == body


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_upload_changes_nothing(served: Served, s3: Any, body: bytes, kind: str) -> None:
    key = f"cut/{kind}"
    s3.put_object(Bucket="data", Key=key, Body=OLD)
    etag = s3.head_object(Bucket="data", Key=key)["ETag"]
    sent = upload(served, kind, key, body)
    head = sent.index(b"\r\n\r\n") + 4
    for place in places(kind, len(sent), head):
        answer = send(served, sent[:place], ends=True)
        assert status(answer) not in (200, 204), (SEED, place, answer)
        assert_unchanged(s3, key)
    assert s3.head_object(Bucket="data", Key=key)["ETag"] == etag
    assert list(served.bucket("data").glob(".sgwtmp/*")) == []


@pytest.mark.parametrize("killed", ["front", "gateway"])
def test_upload_through_a_killed_process_changes_nothing(served: Served, s3: Any, body: bytes, killed: str) -> None:
    """Even where a signature covers no body: the gateway takes an early end for the end."""
    s3.put_object(Bucket="data", Key="killed", Body=OLD)
    sent = upload(served, "presigned", "killed", body)
    with socket.create_connection((served.address, 7070), timeout=PATIENCE_S) as connection:
        connection.sendall(sent[: len(sent) // 2])
        served.kill(getattr(served, killed))
    (served.start_front if killed == "front" else served.start_gateway)()
    served.wait()
    again = served.client()
    assert_unchanged(again, "killed")
    again.close()


REFUSALS = {
    "wrong secret": (b"SignatureDoesNotMatch", 403),
    "no bucket": (b"NoSuchBucket", 404),
    "impossible key": (b"InvalidArgument", 400),
}


@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "form"])
def test_rejected_upload_gets_the_s3_error(served: Served, s3: Any, kind: str, why: str) -> None:
    """40 of 40, of whatever size: the gateway answers early, and its client is still sending."""
    code, number = REFUSALS[why]
    secret = "0" * 40 if why == "wrong secret" else SECRET_KEY
    for i in range(40):
        size = random.Random(f"{SEED}-{i}").choice((0, 1, 70_000, 300_000, 2**20, 9 * 2**20 if i % 10 == 0 else 2**21))
        sent = upload(served, kind, "a//b" if why == "impossible key" else "refused", bytes(size), secret)
        if why == "no bucket":
            sent = sent.replace(b"/data/", b"/none/", 1)
        if i % 2:
            sent = sent.replace(b"\r\n", b"\r\nExpect: 100-continue\r\n", 1)
        answer = send(served, sent)
        assert code in answer or (why == "no bucket" and b"SignatureDoesNotMatch" in answer), (i, size, answer[:300])
        assert status(answer) in (number, 403), answer


def test_failed_precondition_gets_the_s3_error(s3: Any) -> None:
    s3.put_object(Bucket="data", Key="there", Body=OLD)
    for _ in range(40):
        with pytest.raises(s3.exceptions.ClientError) as refused:
            s3.put_object(Bucket="data", Key="there", Body=bytes(2**21), IfNoneMatch="*")
        assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert_unchanged(s3, "there")


@rows("kind", ["presigned", "trailing"])
@rows("size", [0, 3, 3 * 2**20])
def test_chunked_upload_without_length_is_stored(served: Served, s3: Any, kind: str, size: int) -> None:
    """As boto3 sends its own over TLS; cut, it changes nothing."""
    body = random.Random(size).randbytes(size)
    head, _, coded = upload(served, kind, "no-length", body).partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    chunks = [coded[at : at + 50_000] for at in range(0, len(coded), 50_000)]
    sent = b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", b""])
    sent += b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    assert status(send(served, sent)) == 200
    assert s3.get_object(Bucket="data", Key="no-length")["Body"].read() == body
    etag = s3.head_object(Bucket="data", Key="no-length")["ETag"]
    assert status(send(served, sent[:-3], ends=True)) != 200
    assert status(send(served, sent[: len(sent) // 2], ends=True)) != 200
    assert s3.head_object(Bucket="data", Key="no-length")["ETag"] == etag


@pytest.mark.skipif(USER != NOBODY, reason="only root makes a disk that is full soon")
def test_full_disk_rejects_an_upload_and_keeps_the_object(tmp_path: Path) -> None:
    with serve(tmp_path, size_mib=8) as small:
        s3 = small.client()
        s3.create_bucket(Bucket="data")
        s3.put_object(Bucket="data", Key="full", Body=OLD)
        for kind in KINDS:
            answer = send(small, upload(small, kind, "full", bytes(20 * 2**20)))
            assert status(answer) >= 400, answer
            assert b"<Error><Code>" in answer
            assert_unchanged(s3, "full")
        s3.put_object(Bucket="data", Key="still", Body=OLD)
        s3.close()
