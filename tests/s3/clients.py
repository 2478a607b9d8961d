"""The clients that the S3 service is tried with."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.s3.model import RefusedError
from tests.s3.served import ACCESS_KEY, SECRET_KEY, Served


class Boto:
    """boto3, with its own defaults."""

    name = "boto3"

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def put(self, key: str, content: bytes) -> None:
        try:
            self._s3.put_object(Bucket="data", Key=key, Body=content)
        except ClientError as error:
            raise RefusedError(str(error)) from error

    def get(self, key: str) -> bytes | None:
        try:
            got: bytes = self._s3.get_object(Bucket="data", Key=key, ChecksumMode="ENABLED")["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        return got

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket="data", Key=key)

    def copy(self, source: str, key: str) -> None:
        try:
            self._s3.copy_object(Bucket="data", Key=key, CopySource={"Bucket": "data", "Key": source})
        except ClientError as error:
            raise RefusedError(str(error)) from error

    def keys(self, prefix: str) -> dict[str, int]:
        found = self._s3.list_objects_v2(Bucket="data", Prefix=prefix).get("Contents", [])
        return {one["Key"]: one["Size"] for one in found}


class _Program:
    """A client that is a program, started for each call."""

    def __init__(self, work: Path) -> None:
        self._file = work / f"{type(self).__name__}-content"

    def _env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self._file.parent)}

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(arguments, env=self._env(), capture_output=True, check=False, timeout=60)

    def _must(self, *arguments: str) -> bytes:
        done = self._run(*arguments)
        if done.returncode:
            raise RefusedError(done.stderr.decode())
        return done.stdout


class Rclone(_Program):
    """Rclone."""

    name = "rclone"

    def __init__(self, work: Path, served: Served) -> None:
        super().__init__(work)
        self._config = work / "rclone.conf"
        self._config.write_text(
            f"[s3]\ntype = s3\nprovider = Other\nendpoint = {served.url}\naccess_key_id = {ACCESS_KEY}\n"
            f"secret_access_key = {SECRET_KEY}\nregion = us-east-1\n"
        )

    def _command(self, *arguments: str) -> bytes:
        common = ("--config", str(self._config), "--retries", "1", "--low-level-retries", "1", "--s3-encoding", "None")
        return self._must("rclone", *arguments, *common)

    def put(self, key: str, content: bytes) -> None:
        self._file.write_bytes(content)
        self._command("copyto", "--ignore-times", str(self._file), f"s3:data/{key}")

    def get(self, key: str) -> bytes | None:
        self._file.unlink(missing_ok=True)
        try:
            self._command("copyto", "--ignore-times", f"s3:data/{key}", str(self._file))
        except RefusedError as refused:
            if "not found" in str(refused):
                return None
            raise
        return self._file.read_bytes() if self._file.is_file() else None

    def delete(self, key: str) -> None:
        try:
            self._command("deletefile", f"s3:data/{key}")
        except RefusedError as refused:
            if "not found" not in str(refused) and "directory or doesn't exist" not in str(refused):
                raise

    def copy(self, source: str, key: str) -> None:
        self._command("copyto", "--ignore-times", f"s3:data/{source}", f"s3:data/{key}")

    def keys(self, prefix: str) -> dict[str, int]:
        listed = json.loads(self._command("lsjson", "--recursive", "--files-only", "--no-modtime", "s3:data"))
        return {one["Path"]: one["Size"] for one in listed if one["Path"].startswith(prefix)}


class Aws(_Program):
    """The AWS CLI."""

    name = "aws"

    def __init__(self, work: Path, served: Served, python: str) -> None:
        super().__init__(work)
        self._start = (python, "-m", "awscli", "--endpoint-url", served.url, "--region", "us-east-1")

    def _env(self) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_MAX_ATTEMPTS": "1"}
        return super()._env() | keys

    def put(self, key: str, content: bytes) -> None:
        self._file.write_bytes(content)
        self._must(*self._start, "s3", "cp", "--quiet", str(self._file), f"s3://data/{key}")

    def get(self, key: str) -> bytes | None:
        done = self._run(*self._start, "s3", "cp", "--quiet", f"s3://data/{key}", str(self._file))
        if done.returncode and (b"404" in done.stderr or b"NoSuchKey" in done.stderr or not done.stderr):
            return None
        assert done.returncode == 0, done.stderr
        return self._file.read_bytes()

    def delete(self, key: str) -> None:
        self._must(*self._start, "s3api", "delete-object", "--bucket", "data", "--key", key)

    def copy(self, source: str, key: str) -> None:
        self._must(*self._start, "s3", "cp", "--quiet", f"s3://data/{source}", f"s3://data/{key}")

    def keys(self, prefix: str) -> dict[str, int]:
        asked = ("s3api", "list-objects-v2", "--bucket", "data", "--prefix", prefix, "--output", "json")
        text = self._must(*self._start, *asked)
        return {one["Key"]: one["Size"] for one in (json.loads(text) if text.strip() else {}).get("Contents", [])}


class Java:
    """AWS's SDK for Java, in one process for all calls."""

    name = "java"

    def __init__(self, served: Served, folder: Path) -> None:
        classes = f"{folder}/target/classes:{folder}/target/lib/*"
        env = {"PATH": os.environ["PATH"], "ACCESS_KEY": ACCESS_KEY, "SECRET_KEY": SECRET_KEY}
        self._process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-cp", classes, "Client", served.url],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _ask(self, *words: bytes) -> str | None:
        assert self._process.stdin
        assert self._process.stdout
        call, *values = words
        line = " ".join([call.decode(), *(base64.b64encode(value).decode() for value in values)])
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        kind, _, rest = answer.partition(" ")
        if kind == "none":
            return None
        if kind == "refused":
            status, _, message = rest.partition(" ")
            assert int(status) < 500, base64.b64decode(message)
            raise RefusedError(base64.b64decode(message).decode())
        assert kind == "ok", base64.b64decode(rest)
        return rest

    def put(self, key: str, content: bytes) -> None:
        self._ask(b"put", key.encode(), content)

    def get(self, key: str) -> bytes | None:
        found = self._ask(b"get", key.encode())
        return None if found is None else base64.b64decode(found)

    def delete(self, key: str) -> None:
        self._ask(b"delete", key.encode())

    def copy(self, source: str, key: str) -> None:
        if self._ask(b"copy", source.encode(), key.encode()) is None:
            raise RefusedError(source)

    def keys(self, prefix: str) -> dict[str, int]:
        pairs = (one.split(":") for one in (self._ask(b"keys", prefix.encode()) or "").split())
        return {base64.b64decode(key).decode(): int(size) for key, size in pairs}

    def close(self) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(timeout=20)
        self._process.stdout.close()  # type: ignore[union-attr]
