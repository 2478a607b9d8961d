"""Transfers of a large object over S3, compared with a plain copy on the same disk."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # its types are a package of some megabytes

from tests.e2e.harness import Stack

SIZE = 2**30
CHUNK = 2**22
BUCKET, OBJECT = "bench", "object"
FOLDER = f"/nfs-root/{BUCKET}"
MANAGER = "manager-1"


@dataclass(frozen=True)
class Transfer:
    """Durations of a round; each ends when the bytes are on the disk."""

    copy_s: float
    put_s: float
    get_s: float


class Objects:
    """A client of a stack's S3 through Traefik, with boto3's defaults: parts of 8 MiB, ten at a time."""

    def __init__(self, stack: Stack, folder: Path):
        self._stack = stack
        self._source, self._target = folder / "source", folder / "target"
        keys = stack.outputs()["s3"]
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=keys["endpoint"],
            aws_access_key_id=keys["access_key"],
            aws_secret_access_key=keys["secret_key"],
            region_name="us-east-1",
            verify=str(stack.certificate()),
        )
        self._client.create_bucket(Bucket=BUCKET)
        with self._source.open("wb") as file:
            for _ in range(SIZE // CHUNK):
                file.write(os.urandom(CHUNK))

    def round(self) -> Transfer:
        """Measure a put, a get and a copy, whose source is in the page cache."""
        put_s = self._timed(self._put)
        get_s = self._timed(self._get)
        if self._target.stat().st_size != SIZE:
            raise RuntimeError(f"{self._target.stat().st_size} bytes came back of {SIZE}")
        copy_s = self._timed(self._copy)
        self._target.unlink()
        self._on_machine(f"rm {FOLDER}/copy")
        self._client.delete_object(Bucket=BUCKET, Key=OBJECT)
        return Transfer(copy_s, put_s, get_s)

    def _timed(self, transfer: Callable[[], None]) -> float:
        os.sync()  # so that earlier writes do not count
        start = time.monotonic()
        transfer()
        return time.monotonic() - start

    def _put(self) -> None:
        self._client.upload_file(str(self._source), BUCKET, OBJECT)
        self._on_machine(f"sync {FOLDER}/{OBJECT}")

    def _get(self) -> None:
        self._client.download_file(BUCKET, OBJECT, str(self._target))
        with self._target.open("rb") as file:
            os.fsync(file.fileno())

    def _copy(self) -> None:
        self._on_machine(f"cp {FOLDER}/{OBJECT} {FOLDER}/copy && sync {FOLDER}/copy")

    def _on_machine(self, command: str) -> None:
        result = self._stack.on(MANAGER, "sh", "-c", command)
        if result.code != 0:
            raise RuntimeError(result.text)
