"""Files that others write beside S3, in its folder: over NFS, or on the machine (F5, F11, S29)."""

import hashlib
import io
import os
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.s3.served import NOBODY, USER, Served
from tests.support.background import repeated
from tests.support.rows import rows

pytestmark = pytest.mark.engine

MIB = 2**20


def owned(path: Path) -> Path:
    """As NFS clients write: by nobody, whom S3 is too."""
    if USER == NOBODY:
        os.chown(path, NOBODY, NOBODY)
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return owned(path)


def file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return owned(path)


def overwrite(path: Path, content: bytes) -> None:
    """In place, as a client of NFS does: the file stays the same one, with its attributes."""
    with path.open("r+b") as opened:
        opened.write(content)
        opened.truncate()


def md5(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def put_small(s3: Any, key: str, content: bytes) -> None:
    s3.put_object(Bucket="data", Key=key, Body=content)


def put_parts(s3: Any, key: str, content: bytes) -> None:
    s3.upload_fileobj(
        io.BytesIO(content),
        "data",
        key,
        Config=TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB),
    )


def put_copied(s3: Any, key: str, content: bytes) -> None:
    s3.put_object(Bucket="data", Key="copied-from", Body=content)
    s3.copy_object(Bucket="data", Key=key, CopySource={"Bucket": "data", "Key": "copied-from"})


CHANGES: dict[str, Callable[[Path, bytes], None]] = {}


def change(made: Callable[[Path, bytes], None]) -> Callable[[Path, bytes], None]:
    CHANGES[made.__name__] = made
    return made


@change
def longer(path: Path, old: bytes) -> None:
    overwrite(path, old + b"and more")


@change
def same_size(path: Path, old: bytes) -> None:
    overwrite(path, old[:-1] + bytes([old[-1] ^ 1]))


@change
def same_size_and_time(path: Path, old: bytes) -> None:
    was = path.stat()
    overwrite(path, bytes([old[0] ^ 1]) + old[1:])
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


@change
def another_file(path: Path, old: bytes) -> None:
    file(path.with_name("new"), old[::-1]).rename(path)


@pytest.mark.parametrize("size", [33, 11 * MIB, 17 * MIB + 1])
@pytest.mark.parametrize("put", [put_small, put_parts, put_copied])
@rows("made", CHANGES)
def test_file_changed_over_nfs_is_read_with_a_new_etag(served: Served, s3: Any, made: str, put: Any, size: int) -> None:
    key = f"{made}-{put.__name__}-{size}"
    content = random.Random(key).randbytes(size)
    put(s3, key, content)
    first = s3.head_object(Bucket="data", Key=key)
    CHANGES[made](served.bucket("data") / key, content)
    now = (served.bucket("data") / key).read_bytes()
    assert now != content
    again = s3.get_object(Bucket="data", Key=key, IfNoneMatch=first["ETag"], ChecksumMode="ENABLED")
    assert again["Body"].read() == now, "its checksum is compared by the client"
    assert again["ETag"] != first["ETag"]
    assert again["ETag"] == md5(now) or size > 16 * MIB
    (listed,) = s3.list_objects_v2(Bucket="data", Prefix=key)["Contents"]
    assert listed["ETag"] == again["ETag"] == s3.head_object(Bucket="data", Key=key)["ETag"]
    assert listed["Size"] == len(now)
    assert code(lambda: s3.get_object(Bucket="data", Key=key, IfNoneMatch=again["ETag"])) == "304"
    assert code(lambda: s3.put_object(Bucket="data", Key=key, Body=b"", IfMatch=first["ETag"])) == "PreconditionFailed"
    s3.copy_object(Bucket="data", Key="copy", CopySource={"Bucket": "data", "Key": key})
    assert s3.get_object(Bucket="data", Key="copy", ChecksumMode="ENABLED")["Body"].read() == now
    s3.delete_object(Bucket="data", Key=key)


@rows("how", ["chmod", "utime", "mv", "tags", "again"])
@rows("put", [put_small, put_copied])
def test_unchanged_object_keeps_its_etag(served: Served, s3: Any, put: Any, how: str) -> None:
    content = random.Random(how).randbytes(3 * MIB)
    put(s3, "kept", content)
    path = served.bucket("data") / "kept"
    first = s3.head_object(Bucket="data", Key="kept")["ETag"]
    if how == "chmod":
        path.chmod(0o640)
    elif how == "utime":
        os.utime(path)
    elif how == "mv":
        path.rename(path.with_name("elsewhere")).rename(path)
    elif how == "tags":
        s3.put_object_tagging(Bucket="data", Key="kept", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    got = s3.get_object(Bucket="data", Key="kept", ChecksumMode="ENABLED")
    assert got["ETag"] == first == md5(content)
    assert got["Body"].read() == content


def test_multipart_etag_survives_tagging(s3: Any) -> None:
    put_parts(s3, "parts", bytes(11 * MIB))
    first = s3.head_object(Bucket="data", Key="parts")["ETag"]
    assert first.endswith('-3"')
    for _ in range(3):
        s3.put_object_tagging(Bucket="data", Key="parts", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        assert s3.head_object(Bucket="data", Key="parts")["ETag"] == first
    assert s3.head_object(Bucket="data", Key="parts", PartNumber=3)["ContentLength"] == MIB


@rows("size", [0, 33, 11 * MIB, 17 * MIB])
def test_file_written_over_nfs_has_an_etag(served: Served, s3: Any, size: int) -> None:
    content = random.Random(size).randbytes(size)
    file(served.bucket("data") / "foreign", content)
    listed = s3.list_objects_v2(Bucket="data", Prefix="foreign")["Contents"][0]["ETag"]
    head = s3.head_object(Bucket="data", Key="foreign")
    assert head["ETag"] == (md5(content) if size <= 16 * MIB else head["ETag"])
    assert len(head["ETag"]) >= 34
    assert listed == head["ETag"] or size > MIB
    into = io.BytesIO()
    s3.download_fileobj("data", "foreign", into, Config=TransferConfig(multipart_threshold=8 * MIB))
    assert into.getvalue() == content
    assert code(lambda: s3.get_object(Bucket="data", Key="foreign", IfNoneMatch=head["ETag"])) == "304"


@pytest.mark.skipif(USER != NOBODY, reason="files of somebody else are made by root")
def test_read_only_file_of_another_user_has_an_etag(served: Served, s3: Any) -> None:
    path = served.bucket("data") / "of-root"
    etags = set()
    for content in (b"first", b"other", b"longer one"):
        path.write_bytes(content)
        head = s3.head_object(Bucket="data", Key="of-root")
        got = s3.get_object(Bucket="data", Key="of-root")
        assert got["Body"].read() == content
        (listed,) = s3.list_objects_v2(Bucket="data", Prefix="of-root")["Contents"]
        assert head["ETag"] == got["ETag"] == listed["ETag"]
        assert code(partial(s3.get_object, Bucket="data", Key="of-root", IfNoneMatch=head["ETag"])) == "304"
        etags.add(head["ETag"])
    assert len(etags) == 3


def delete_one(s3: Any, key: str) -> None:
    s3.delete_object(Bucket="data", Key=key)


def delete_many(s3: Any, key: str) -> None:
    s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": key}]})


@rows("delete", [delete_one, delete_many])
@rows("put", [put_small, put_parts, put_copied])
def test_deletion_removes_folders_made_by_s3_and_keeps_others(served: Served, s3: Any, put: Any, delete: Any) -> None:
    top = folder(served.bucket("data") / f"inbox-{put.__name__}-{delete.__name__}")
    inode = top.stat().st_ino
    inner = folder(top / "made")
    for key in ("a", "made/a", "s3/b/a", "made/s3/a"):
        put(s3, f"{top.name}/{key}", b"1" * 20)
        assert (top / key).exists()
        delete(s3, f"{top.name}/{key}")
    assert top.stat().st_ino == inode
    assert sorted(str(path.relative_to(top)) for path in top.rglob("*")) == ["made"]
    assert list(inner.iterdir()) == []


def test_aborted_upload_and_folder_object_keep_a_user_folder(served: Served, s3: Any) -> None:
    top = folder(served.bucket("data") / "person")
    s3.put_object(Bucket="data", Key="person/", Body=b"")
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="data", Prefix="person/")["Contents"]] == ["person/"]
    s3.delete_object(Bucket="data", Key="person/")
    assert top.is_dir()
    assert "Contents" not in s3.list_objects_v2(Bucket="data", Prefix="person/")
    upload = s3.create_multipart_upload(Bucket="data", Key="person/x")["UploadId"]
    s3.abort_multipart_upload(Bucket="data", Key="person/x", UploadId=upload)
    assert list(top.iterdir()) == []


def test_bucket_with_user_folders_is_not_deleted(served: Served, s3: Any) -> None:
    s3.create_bucket(Bucket="going")
    s3.put_object(Bucket="going", Key="a/b/c", Body=b"1")
    (served.bucket("going") / "a/b/c").unlink()  # over NFS
    person = folder(served.bucket("going") / "person")
    assert code(lambda: s3.delete_bucket(Bucket="going")) == "BucketNotEmpty"
    person.rmdir()
    s3.delete_bucket(Bucket="going")
    assert not served.bucket("going").exists()


def hostile(served: Served) -> Path:
    """A bucket with what others may leave in it beside good files; returns its folder."""
    bucket = folder(served.bucket("hostile"))
    for name in ("a", "z", "deep/er/file"):
        for parent in reversed((bucket / name).relative_to(bucket).parents[:-1] if "/" in name else []):
            folder(bucket / parent)
        file(bucket / name, b"good")
    for name, target in {
        "secret": "/run/secrets/s3-secret-key",
        "environ": "/proc/self/environ",
        "loop": "loop",
        "dangling": "nowhere",
        "up": "../..",
        "root": "/",
        "beside": "a",
        "beside-folder": "deep",
    }.items():
        (bucket / name).symlink_to(target)
    os.mkfifo(owned_later := bucket / "fifo")
    owned(owned_later)
    closed = folder(bucket / "closed")
    file(closed / "file", b"closed")
    closed.chmod(0)
    unread = file(bucket / "unread", b"unread")
    unread.chmod(0)
    if USER == NOBODY:
        os.chown(closed, 0, 0)
        os.chown(unread, 0, 0)
    (served.folder / "linked-bucket").symlink_to("hostile")
    return bucket


@pytest.fixture(scope="module")
def left(served: Served, s3: Any) -> Path:
    return hostile(served)


GOOD = ["a", "deep/er/file", "z"]
LINKS = [
    "secret",
    "environ",
    "loop",
    "dangling",
    "root/etc/passwd",
    "up/data/x",
    "beside",
    "beside-folder/er/file",
    "fifo",
]


def test_listings_skip_hostile_files(left: Path, s3: Any) -> None:
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="hostile")["Contents"]] == GOOD
    assert [found["Key"] for found in s3.list_objects(Bucket="hostile")["Contents"]] == GOOD
    top = s3.list_objects_v2(Bucket="hostile", Delimiter="/")
    assert [found["Key"] for found in top["Contents"]] == ["a", "z"]
    assert [found["Prefix"] for found in top["CommonPrefixes"]] == ["deep/"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="hostile", PaginationConfig={"PageSize": 1})
    assert [found["Key"] for page in pages for found in page.get("Contents", [])] == GOOD
    assert {"data", "hostile"} <= {found["Name"] for found in s3.list_buckets()["Buckets"]}


@rows("key", LINKS)
def test_symbolic_links_and_fifos_are_no_objects(left: Path, s3: Any, key: str) -> None:
    before = sorted(path.name for path in left.iterdir())
    assert code(lambda: s3.get_object(Bucket="hostile", Key=key)) == "NoSuchKey"
    assert code(lambda: s3.head_object(Bucket="hostile", Key=key)) == "404"
    assert code(lambda: s3.get_object_tagging(Bucket="hostile", Key=key)) == "NoSuchKey"
    source = {"Bucket": "hostile", "Key": key}
    assert code(lambda: s3.copy_object(Bucket="data", Key="stolen", CopySource=source)) == "NoSuchKey"
    assert code(lambda: s3.put_object(Bucket="hostile", Key=key, Body=b"x")) == "InvalidArgument"
    assert code(lambda: s3.put_object(Bucket="hostile", Key=f"{key}/x", Body=b"x")) in (
        "InvalidArgument",
        "ObjectParentIsFile",
    )
    s3.delete_object(Bucket="hostile", Key=key)
    assert sorted(path.name for path in left.iterdir()) == before
    assert (left / "a").read_bytes() == b"good"


def test_symbolic_link_is_no_bucket(left: Path, s3: Any) -> None:
    assert code(lambda: s3.list_objects_v2(Bucket="linked-bucket")) == "NoSuchBucket"
    assert code(lambda: s3.get_object(Bucket="linked-bucket", Key="a")) == "NoSuchBucket"
    assert code(lambda: s3.put_object(Bucket="linked-bucket", Key="new", Body=b"")) == "NoSuchBucket"
    assert "linked-bucket" not in [found["Name"] for found in s3.list_buckets()["Buckets"]]


def test_unreadable_files_are_denied_and_kept(left: Path, s3: Any) -> None:
    for key in ("closed/file", "unread"):
        assert code(partial(s3.get_object, Bucket="hostile", Key=key)) == "AccessDenied"
        assert code(partial(s3.put_object, Bucket="hostile", Key=key, Body=b"")) == "AccessDenied"
        assert code(partial(s3.delete_object, Bucket="hostile", Key=key)) == "AccessDenied"
    assert (left / "unread").exists()


def test_growing_file_is_readable(served: Served, s3: Any) -> None:
    path = file(served.bucket("data") / "log", b"line\n")
    with path.open("ab", buffering=0) as opened, repeated(lambda: opened.write(b"line\n")):
        for _ in range(20):
            content = s3.get_object(Bucket="data", Key="log")["Body"].read()
            # The kernel shows half of a write where it crosses a page.
            assert content == (b"line\n" * (len(content) // 5 + 1))[: len(content)]
            assert s3.head_object(Bucket="data", Key="log")["ETag"]
    now = path.read_bytes()
    assert s3.get_object(Bucket="data", Key="log", ChecksumMode="ENABLED")["Body"].read() == now


def test_object_under_concurrent_writes_is_read_whole(served: Served, s3: Any) -> None:
    bodies = {hashlib.md5(body).hexdigest(): body for body in (b"1" * 17, b"2" * 300_000, b"")}
    ended = threading.Event()

    def writes() -> None:
        mine = served.client()
        while not ended.is_set():
            for body in bodies.values():
                mine.put_object(Bucket="data", Key="busy", Body=body)
        mine.close()

    s3.put_object(Bucket="data", Key="busy", Body=b"")
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(writes) for _ in range(2)]
        try:
            for _ in range(300):
                found = s3.get_object(Bucket="data", Key="busy")
                assert found["Body"].read() == bodies[found["ETag"].strip('"')]
        finally:
            ended.set()
        for writer in writers:
            writer.result()
