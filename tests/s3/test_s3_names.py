"""Keys and buckets that no file system holds are refused by name, all others arrive as signed (X3, F23)."""

from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
import requests
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.s3.requests_of import send, status, upload
from tests.s3.served import PATIENCE_S, Served
from tests.support.rows import rows

pytestmark = pytest.mark.engine

IMPOSSIBLE = [
    "a//b",
    "/lead",
    "a/./b",
    "a/../b",
    "../outside",
    "../../outside",
    "./here",
    "..",
    ".",
    "end/..",
    "end/.",
    "two//",
    "//",
    "zero\0byte",
    "dir/" + "n" * 256,
    "n" * 256 + "/file",
    "dir/" + "é" * 150,
    "dir/" + "n" * 228,  # the gateway could make it once, and never replace it
    ".sgwtmp/multipart/x",
]
TOO_LONG = ["k/" * 512 + "k", "é" * 600]
ODD = [
    "plus+ space é %25 #?;",
    "%2F",
    "%2e%2e",
    "a..b/...",
    "~-._!*'()",
    "<&\">'",
    "back\\slash",
    "tab\tline\nend",
    "trailing ",
    " leading",
    "日本語/キー",
    "\N{PILE OF POO}",
    "n" * 255 + "/" + "m" * 227,
    "/".join(["d" * 100] * 10),
    "a=b&c=d",
    "x:y@z",
    "folder/",
]


def files(served: Served) -> list[str]:
    found = (str(path.relative_to(served.bucket("data"))) for path in served.bucket("data").rglob("*"))
    return sorted(path for path in found if ".sgwtmp" not in path)


def error(refused: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def wanted(key: str) -> tuple[int, str]:
    return (400, "KeyTooLongError") if key in TOO_LONG else (400, "InvalidArgument")


@rows("key", IMPOSSIBLE + TOO_LONG)
def test_impossible_key_is_rejected_by_name_and_leaves_nothing(served: Served, s3: Any, key: str) -> None:
    before = files(served)
    for make in (
        partial(s3.put_object, Bucket="data", Key=key, Body=bytes(100_000)),
        partial(s3.create_multipart_upload, Bucket="data", Key=key),
    ):
        with pytest.raises(ClientError) as refused:
            make()
        assert error(refused) == wanted(key)
        named = refused.value.response["Error"].get("Key")
        assert "\0" in key or named == key
    assert files(served) == before
    assert not (served.folder / "outside").exists()


@rows("key", IMPOSSIBLE + TOO_LONG)
def test_impossible_key_reads_as_missing_and_deletes_as_done(s3: Any, key: str) -> None:
    not_there = (404, "NoSuchKey") if key not in TOO_LONG else (400, "KeyTooLongError")
    if "\0" not in key and not key.startswith(".."):  # nginx itself refuses these, with 400
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket="data", Key=key)
        assert error(refused) == not_there
        with pytest.raises(ClientError) as refused:
            s3.head_object(Bucket="data", Key=key)
        assert error(refused)[0] == not_there[0]
        if key not in TOO_LONG:
            assert s3.delete_object(Bucket="data", Key=key)["ResponseMetadata"]["HTTPStatusCode"] == 204


@rows("key", IMPOSSIBLE)
def test_impossible_key_is_rejected_as_copy_target(served: Served, s3: Any, key: str) -> None:
    s3.put_object(Bucket="data", Key="source", Body=b"1")
    before = files(served)
    with pytest.raises(ClientError) as refused:
        s3.copy_object(Bucket="data", Key=key, CopySource={"Bucket": "data", "Key": "source"})
    assert error(refused) == (400, "InvalidArgument")
    assert files(served) == before


@rows("key", ["a//source", "a/../source", "./source", "/source"])
def test_impossible_key_is_rejected_as_copy_source(s3: Any, key: str) -> None:
    s3.put_object(Bucket="data", Key="source", Body=b"1")
    with pytest.raises(ClientError) as refused:
        s3.copy_object(Bucket="data", Key="copy", CopySource={"Bucket": "data", "Key": key})
    assert error(refused) == (404, "NoSuchKey")


@rows("key", [*(key for key in IMPOSSIBLE if "\0" not in key), "${filename}"])
def test_impossible_key_in_a_form_is_rejected(served: Served, s3: Any, key: str) -> None:
    before = files(served)
    sent = upload(served, "form", key, bytes(300_000))
    if key == "${filename}":
        sent = sent.replace(b'filename="f"', b'filename="."')
    answer = send(served, sent)
    assert status(answer) == 400, answer
    assert b"<Code>InvalidArgument</Code>" in answer
    assert files(served) == before


def test_deletion_of_impossible_keys_succeeds_and_deletes_nothing_else(served: Served, s3: Any) -> None:
    s3.put_object(Bucket="data", Key="many/b", Body=b"1")
    s3.put_object(Bucket="data", Key="many/c", Body=b"1")
    keys = ["many/a/../b", "many//b", "many/./b", "many/c", "many/none", "<&>//"]
    answer = s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": key} for key in keys]})
    assert {deleted["Key"] for deleted in answer["Deleted"]} == set(keys)
    assert "Errors" not in answer
    assert [path for path in files(served) if path.startswith("many/")] == ["many/b"]
    only = s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "many//b"}], "Quiet": True})
    assert "Deleted" not in only
    stranger = served.client(secret="0" * 40)
    with pytest.raises(ClientError) as refused:
        stranger.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "many//b"}]})
    assert error(refused)[0] == 403
    stranger.close()


@rows("key", ODD)
def test_odd_keys_are_stored_and_read(served: Served, s3: Any, key: str) -> None:
    body = b"" if key.endswith("/") else key.encode()
    s3.put_object(Bucket="data", Key=key, Body=body)
    s3.put_object(Bucket="data", Key=key, Body=body)  # again: it is replaced
    assert s3.get_object(Bucket="data", Key=key)["Body"].read() == body
    assert s3.head_object(Bucket="data", Key=key)["ContentLength"] == len(body)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": key})
    session = requests.Session()
    session.trust_env = False
    assert session.get(url, timeout=PATIENCE_S).content == body
    assert (served.bucket("data") / key).exists()
    listed = s3.list_objects_v2(Bucket="data", Prefix=key)["Contents"]
    assert key in [found["Key"] for found in listed]
    if not key.endswith("/"):
        s3.copy_object(Bucket="data", Key="copied", CopySource={"Bucket": "data", "Key": key})
        assert s3.get_object(Bucket="data", Key="copied")["Body"].read() == body
    s3.delete_object(Bucket="data", Key=key)
    assert not (served.bucket("data") / key).exists()


@rows("name", ["..", ".", "a\0b", "x" * 300, "UPPER", "a", ".sgwtmp", "-dash"])
def test_impossible_bucket_names_get_an_s3_error(served: Served, name: str) -> None:
    path = quote(name, safe="")
    for method in (b"PUT", b"GET", b"DELETE", b"HEAD"):
        answer = send(served, method + f" /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert 400 <= status(answer) < 500, answer
        assert method == b"HEAD" or b"<Error><Code>" in answer, answer


def test_plain_file_is_no_bucket(served: Served, s3: Any) -> None:
    (served.folder / "plain-file").write_text("1")
    with pytest.raises(ClientError) as refused:
        s3.list_objects_v2(Bucket="plain-file")
    assert error(refused) == (404, "NoSuchBucket")
    with pytest.raises(ClientError) as refused:
        s3.create_bucket(Bucket="plain-file")
    assert error(refused) == (409, "BucketAlreadyExists")
