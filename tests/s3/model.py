"""What AWS answers, as far as a file system can: a model of one bucket, and random calls to compare with it."""

import hashlib
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.s3.served import NOBODY, USER

PARTS = ["a", "b", "c d", "é", "f.txt", "+&=", "deep"]  # of keys: few, so that calls meet
IMPOSSIBLE = ["a//b", "/a", "a/../b", "b/./a", "deep/" + "n" * 300]
SMALL_MIME = "text/x-test"


class Client(Protocol):
    """What each client can do. None stands for what is not there."""

    name: str

    def put(self, key: str, content: bytes) -> None: ...
    def get(self, key: str) -> bytes | None: ...
    def delete(self, key: str) -> None: ...
    def copy(self, source: str, key: str) -> None: ...
    def keys(self, prefix: str) -> dict[str, int]: ...


class RefusedError(Exception):
    """A client was refused; what it said."""


@dataclass
class Model:
    """The objects of a bucket, and the folders that persons made in it."""

    objects: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)  # of persons

    def is_folder(self, key: str) -> bool:
        return key in self.folders or any(other.startswith(f"{key}/") for other in (*self.objects, *self.folders))

    def blocked(self, key: str) -> bool:
        """Whether a file system cannot hold it beside what is there."""
        parts = key.split("/")
        parents = ("/".join(parts[:i]) for i in range(1, len(parts)))
        return key in IMPOSSIBLE or self.is_folder(key) or any(parent in self.objects for parent in parents)


class Walk:
    """Random calls of clients beside writers of files, each compared with the model at once."""

    def __init__(self, seed: str, folder: Path, boto: Any, clients: dict[Client, int]) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.boto = boto
        self.clients = clients
        self.model = Model()
        self.log: list[str] = []
        self.counts: dict[str, int] = {}

    def key(self) -> str:
        if self.random.random() < 0.04:
            return self.random.choice(IMPOSSIBLE)
        return "/".join(self.random.choice(PARTS) for _ in range(self.random.choice((1, 1, 2, 2, 3))))

    def some(self) -> str:
        """A key that is probably there."""
        there = sorted(self.model.objects)
        return self.random.choice(there) if there and self.random.random() < 0.85 else self.key()

    def content(self) -> bytes:
        size = self.random.choice((0, 1, 17, 1000, 1000, 70_000, 300_000))
        return self.random.randbytes(size)

    def client(self, *keys: str) -> Client:
        """One of them; not rclone for keys that it makes others of, nor for what is not there: a folder, to it."""
        weights = [
            weight * (one.name != "rclone" or not any(key in IMPOSSIBLE for key in keys))
            for one, weight in self.clients.items()
        ]
        (chosen,) = self.random.choices(list(self.clients), weights)
        return chosen

    def step(self) -> None:
        calls: dict[Callable[[], None], int] = {
            self.put: 14,
            self.get: 14,
            self.delete: 7,
            self.copy: 5,
            self.list: 6,
            self.pages: 3,
            self.head: 6,
            self.ranged: 3,
            self.unchanged: 4,
            self.conditional_put: 3,
            self.parts: 1,
            self.abort: 1,
            self.tag: 3,
            self.delete_many: 2,
            self.file_new: 5,
            self.file_in_place: 5,
            self.file_in_place_with_time: 3,
            self.file_replaced: 2,
            self.file_gone: 2,
            self.file_moved: 1,
            self.file_touched: 2,
            self.folder_made: 2,
            self.folder_gone: 2,
        }
        (call,) = self.random.choices(list(calls), list(calls.values()))
        call()

    def note(self, who: str, what: str) -> None:
        self.log = [*self.log[-40:], f"{who} {what}"]
        self.counts[who] = self.counts.get(who, 0) + 1

    # Calls of any client.

    def put(self) -> None:
        key, content = self.key(), self.content()
        client = self.client(key)
        self.note(client.name, f"put {key} {len(content)}")
        if self.model.blocked(key):
            assert refuses(client.put, key, content)
        else:
            client.put(key, content)
            self.model.objects[key] = content

    def get(self) -> None:
        key = self.some()
        client = self.client(key, *(() if key in self.model.objects else IMPOSSIBLE))
        self.note(client.name, f"get {key}")
        assert client.get(key) == self.model.objects.get(key)

    def delete(self) -> None:
        key = self.some()
        client = self.client(key)
        self.note(client.name, f"delete {key}")
        client.delete(key)
        self.model.objects.pop(key, None)

    def copy(self) -> None:
        source, key = self.some(), self.key()
        client = self.client(source, key, *(() if source in self.model.objects else IMPOSSIBLE))
        self.note(client.name, f"copy {source} {key}")
        if source == key:
            return
        if source not in self.model.objects or self.model.blocked(key):
            assert refuses(client.copy, source, key)
        else:
            client.copy(source, key)
            self.model.objects[key] = self.model.objects[source]

    def list(self) -> None:
        client, prefix = self.client(), self.random.choice(("", "", "a", "a/", "deep/", "é/", "none/"))
        self.note(client.name, f"list {prefix}")
        found = {key: len(content) for key, content in self.model.objects.items() if key.startswith(prefix)}
        assert client.keys(prefix) == found

    # What only boto3 does, since it says all that S3 has.

    def pages(self) -> None:
        prefix, delimiter = self.random.choice(("", "a", "a/", "deep/")), self.random.choice(("", "/", "d"))
        name, size = self.random.choice(("list_objects", "list_objects_v2")), self.random.choice((1, 2, 3, 1000))
        self.note("boto3", f"{name} {prefix} by {delimiter} {size}")
        asked = {"Bucket": "data", "Prefix": prefix, "Delimiter": delimiter}
        pages = list(self.boto.get_paginator(name).paginate(**asked, PaginationConfig={"PageSize": size}))
        entries: set[str] = set()
        groups: set[str] = set()
        for key in self.model.objects:
            if key.startswith(prefix):
                before, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
                if found:
                    groups.add(prefix + before + delimiter)
                else:
                    entries.add(key)
        assert [one["Key"] for page in pages for one in page.get("Contents", [])] == sorted(entries, key=str.encode)
        assert [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])] == sorted(
            groups, key=str.encode
        )
        assert all(len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) <= size for page in pages)

    def head(self) -> None:
        key = self.some()
        self.note("boto3", f"head {key}")
        content = self.model.objects.get(key)
        if content is None:
            assert refuses(self.boto.head_object, Bucket="data", Key=key)
            return
        head = self.boto.head_object(Bucket="data", Key=key, ChecksumMode="ENABLED")
        assert head["ContentLength"] == len(content)
        assert "ContentEncoding" not in head
        if "-" not in head["ETag"]:
            assert head["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
        (listed,) = (
            one for one in self.boto.list_objects_v2(Bucket="data", Prefix=key)["Contents"] if one["Key"] == key
        )
        assert listed["ETag"] == head["ETag"]

    def ranged(self) -> None:
        key = self.some()
        self.note("boto3", f"range of {key}")
        content = self.model.objects.get(key)
        if not content:
            return
        first = self.random.randrange(len(content))
        last = self.random.randrange(first, len(content) + 10)
        got = self.boto.get_object(Bucket="data", Key=key, Range=f"bytes={first}-{last}")
        assert got["Body"].read() == content[first : last + 1]
        assert got["ContentRange"] == f"bytes {first}-{min(last, len(content) - 1)}/{len(content)}"

    def unchanged(self) -> None:
        key = self.some()
        self.note("boto3", f"get {key} unless unchanged")
        if key not in self.model.objects:
            return
        etag = self.boto.head_object(Bucket="data", Key=key)["ETag"]
        assert refuses(self.boto.get_object, Bucket="data", Key=key, IfNoneMatch=etag)
        got = self.boto.get_object(Bucket="data", Key=key, IfMatch=etag, ChecksumMode="ENABLED")
        assert got["Body"].read() == self.model.objects[key]

    def conditional_put(self) -> None:
        key, content = self.key(), self.content()
        self.note("boto3", f"put {key} if it is new")
        if key in self.model.objects or self.model.blocked(key):
            assert refuses(self.boto.put_object, Bucket="data", Key=key, Body=content, IfNoneMatch="*")
        else:
            self.boto.put_object(Bucket="data", Key=key, Body=content, IfNoneMatch="*")
            self.model.objects[key] = content

    def parts(self) -> None:
        key, content = self.key(), self.random.randbytes(5 * 2**20 + 1000)
        self.note("boto3", f"parts {key}")
        if self.model.blocked(key):
            return
        named = {"Bucket": "data", "Key": key}
        upload = self.boto.create_multipart_upload(**named)["UploadId"]
        made = []
        for number, part in enumerate((content[: 5 * 2**20], content[5 * 2**20 :]), 1):
            etag = self.boto.upload_part(**named, UploadId=upload, PartNumber=number, Body=part)["ETag"]
            made.append({"PartNumber": number, "ETag": etag})
        done = self.boto.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": made})
        assert done["ETag"].endswith('-2"')
        assert self.boto.head_object(**named)["ETag"] == done["ETag"]
        self.model.objects[key] = content

    def abort(self) -> None:
        key = self.key()
        self.note("boto3", f"abort {key}")
        if self.model.blocked(key):
            return
        named = {"Bucket": "data", "Key": key}
        upload = self.boto.create_multipart_upload(**named)["UploadId"]
        self.boto.upload_part(**named, UploadId=upload, PartNumber=1, Body=b"part")
        self.boto.abort_multipart_upload(**named, UploadId=upload)

    def tag(self) -> None:
        key = self.some()
        self.note("boto3", f"tag {key}")
        if key not in self.model.objects:
            return
        named = {"Bucket": "data", "Key": key}
        etag = self.boto.head_object(**named)["ETag"]
        tags = [{"Key": "n", "Value": str(self.random.randrange(100))}]
        self.boto.put_object_tagging(**named, Tagging={"TagSet": tags})
        assert self.boto.get_object_tagging(**named)["TagSet"] == tags
        assert self.boto.head_object(**named)["ETag"] == etag

    def delete_many(self) -> None:
        keys = sorted({self.some() for _ in range(4)})
        self.note("boto3", f"delete {keys}")
        answer = self.boto.delete_objects(Bucket="data", Delete={"Objects": [{"Key": key} for key in keys]})
        assert sorted(one["Key"] for one in answer["Deleted"]) == keys
        for key in keys:
            self.model.objects.pop(key, None)

    # What others do in the folder.

    def person(self, what: str) -> None:
        self.note("files", what)

    def file_new(self) -> None:
        key, content = self.key(), self.content()
        self.person(f"new {key}")
        if self.model.blocked(key):
            return
        made = self.folder
        for part in key.split("/")[:-1]:
            made /= part
            if not made.is_dir():
                made.mkdir()
                owned(made)
                self.model.folders.add(str(made.relative_to(self.folder)))
        (self.folder / key).write_bytes(content)
        owned(self.folder / key)
        self.model.objects[key] = content

    def _changed(self, key: str, *, keep_time: bool) -> None:
        old = self.model.objects[key]
        path = self.folder / key
        was = path.stat()
        new = bytes(byte ^ 1 for byte in old[:64]) + old[64:] if keep_time else self.content()
        with path.open("r+b") as opened:
            opened.write(new)
            opened.truncate()
        if keep_time:
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
        self.model.objects[key] = new

    def _there(self) -> str | None:
        key = self.some()
        return key if key in self.model.objects else None

    def file_in_place(self) -> None:
        if key := self._there():
            self.person(f"in place {key}")
            self._changed(key, keep_time=False)

    def file_in_place_with_time(self) -> None:
        if key := self._there():
            self.person(f"in place with its time {key}")
            self._changed(key, keep_time=True)

    def file_replaced(self) -> None:
        if key := self._there():
            self.person(f"replaced {key}")
            new, content = self.folder.parent / "replacement", self.content()
            new.write_bytes(content)
            owned(new).rename(self.folder / key)
            self.model.objects[key] = content

    def _tidied(self, key: str) -> None:
        """With the folders that S3 had made for it, which would block their own names."""
        for parent in (self.folder / key).relative_to(self.folder).parents:
            path = self.folder / parent
            if parent.name and str(parent) not in self.model.folders and not list(path.iterdir()):
                path.rmdir()

    def file_gone(self) -> None:
        if key := self._there():
            self.person(f"rm {key}")
            (self.folder / key).unlink()
            self._tidied(key)
            del self.model.objects[key]

    def file_moved(self) -> None:
        key, to = self._there(), self.key()
        if key and key != to and not self.model.blocked(to) and (self.folder / to).parent.is_dir():
            self.person(f"mv {key} {to}")
            (self.folder / key).rename(self.folder / to)
            self._tidied(key)
            self.model.objects[to] = self.model.objects.pop(key)

    def file_touched(self) -> None:
        if key := self._there():
            self.person(f"touch {key}")
            (self.folder / key).touch()

    def folder_made(self) -> None:
        key = self.key()
        if not self.model.blocked(key) and key not in self.model.objects and (self.folder / key).parent.is_dir():
            path = self.folder / key
            if not path.exists():
                self.person(f"mkdir {key}")
                path.mkdir()
                owned(path)
                self.model.folders.add(key)

    def folder_gone(self) -> None:
        for key in sorted(self.model.folders):
            path = self.folder / key
            if path.is_dir() and not list(path.iterdir()):
                self.person(f"rmdir {key}")
                path.rmdir()
                self.model.folders.discard(key)
                self._tidied(key)
                return

    def settled(self) -> None:
        """Compares what is on the disk with the model: all objects, folders of persons, and nothing else of S3's."""
        found = {path for path in self.folder.rglob("*") if ".sgwtmp" not in path.parts}
        files = {str(path.relative_to(self.folder)): path.read_bytes() for path in found if path.is_file()}
        assert files == self.model.objects
        folders = {str(path.relative_to(self.folder)) for path in found if path.is_dir()}
        assert self.model.folders <= folders
        kept = {key for key in folders if not any(other.startswith(f"{key}/") for other in files)}
        assert {key for key in kept if not any(other.startswith(f"{key}/") for other in folders)} <= self.model.folders


def owned(path: Path) -> Path:
    """As clients of NFS write."""
    if USER == NOBODY:
        os.chown(path, NOBODY, NOBODY)
    return path


def refuses(call: Callable[..., Any], *arguments: Any, **named: Any) -> bool:
    """Whether a call is refused by S3, and not by what is between."""
    try:
        call(*arguments, **named)
    except RefusedError:
        return True
    except Exception as error:
        answer = getattr(error, "response", None)
        if answer is None:
            raise
        return int(answer["ResponseMetadata"]["HTTPStatusCode"]) < 500
    return False
