"""Files of a target: over S3, through Traefik, and over NFS, where they are the same ones."""

import hashlib
import io
import random
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from typing import Any

import boto3  # type: ignore[import-untyped]  # its types are a package of some megabytes
import pytest
import requests
from boto3.s3.transfer import TransferConfig  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.e2e import expected_ports
from tests.e2e.harness import Result, Stack, run
from tests.e2e.port_probes import Prober, send

BUCKET = "e2e-data"
PART = 8 * 1024 * 1024
SMALL = b"some bytes, and a zero: \0\n"
VERSIONS = (3, 4)  # of NFS


@pytest.fixture(scope="module")
def client(exported: dict[str, Any], user: requests.Session) -> Callable[..., Any]:
    """Makes clients of S3, with the keys that the stack exports or others."""

    def made(**keys: str) -> Any:
        key = exported["s3"] | keys
        return boto3.client(
            "s3",
            endpoint_url=key["endpoint"],
            aws_access_key_id=key["access_key"],
            aws_secret_access_key=key["secret_key"],
            region_name="us-east-1",
            verify=user.verify,
            config=Config(
                signature_version="s3v4",
                proxies={},
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    return made


@pytest.fixture(scope="module")
def s3(client: Callable[..., Any]) -> Iterator[Any]:
    """A client with a bucket of its own."""
    made = client()
    made.create_bucket(Bucket=BUCKET)
    yield made
    for key in keys(made):
        made.delete_object(Bucket=BUCKET, Key=key)
    made.delete_bucket(Bucket=BUCKET)
    made.close()


def keys(s3: Any) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def got(s3: Any, key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def url(target: Stack, file: str, version: int = 3) -> str:
    return f"nfs://{target.address('manager-1')}/nfs-root/{file}?version={version}"


def read_by(target: Stack, machine: str, key: str, version: int) -> str:
    """The digest of a file in the bucket, as a machine reads it over NFS, or why it cannot."""
    target.on(machine, "rm", "--force", "/tmp/copy")
    copied = target.on(machine, "nfs-cp", url(target, f"{BUCKET}/{key}", version), "/tmp/copy")
    if "copied" not in copied.text:
        return copied.text
    return target.on(machine, "sha256sum", "/tmp/copy").text.split()[0]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def written_by(target: Stack, machine: str, key: str, content: str, version: int) -> Result:
    written = target.on(machine, "bash", "-c", f"printf '%s' '{content}' >/tmp/new")
    assert written.code == 0, written.text
    return target.on(machine, "nfs-cp", "/tmp/new", url(target, f"{BUCKET}/{key}", version))


def test_the_folder_is_an_output(whole: Stack, exported: dict[str, Any]) -> None:
    assert exported["nfs"] == {"address": whole.address("manager-1"), "path": "/nfs-root"}


def test_an_object_is_put_listed_got_and_deleted(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="folder/small", Body=SMALL)
    assert keys(s3) == ["folder/small"]
    assert got(s3, "folder/small") == SMALL
    s3.delete_object(Bucket=BUCKET, Key="folder/small")
    assert keys(s3) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_an_object_is_a_plain_file_that_machines_read_over_nfs(whole: Stack, s3: Any, version: int) -> None:
    content = random.Random(version).randbytes(2 * PART + 12345)
    parts = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_fileobj(io.BytesIO(content), BUCKET, "large", Config=parts)
    assert s3.head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-3"'), "in three parts"
    assert got(s3, "large") == content
    for machine in ("manager-1", "worker-2"):
        assert read_by(whole, machine, "large", version) == digest(content), machine


@pytest.mark.parametrize("version", VERSIONS)
def test_machines_read_what_s3_has_now(whole: Stack, s3: Any, version: int) -> None:
    """The server remembers nothing of files that S3 changed since."""
    key = f"changing-{version}"
    for content in (b"first", b"another, and longer"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        assert read_by(whole, "worker-1", key, version) == digest(content)
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert "NOENT" in read_by(whole, "worker-1", key, version)
    s3.put_object(Bucket=BUCKET, Key=key, Body=SMALL)
    assert read_by(whole, "worker-1", key, version) == digest(SMALL)


def test_who_has_a_presigned_url_gets_and_puts_without_keys(s3: Any, user: requests.Session) -> None:
    named = {"Bucket": BUCKET, "Key": "presigned"}
    to_put = s3.generate_presigned_url("put_object", Params=named, ExpiresIn=60)
    assert user.put(to_put, data=SMALL, timeout=10).status_code == 200
    to_get = s3.generate_presigned_url("get_object", Params=named, ExpiresIn=60)
    assert user.get(to_get, timeout=10).content == SMALL
    assert user.get(to_get.partition("?")[0], timeout=10).status_code == 403
    assert user.put(to_get, data=b"another", timeout=10).status_code == 403
    assert got(s3, "presigned") == SMALL


@pytest.mark.parametrize(
    ("key", "code"), [("access_key", "InvalidAccessKeyId"), ("secret_key", "SignatureDoesNotMatch")]
)
def test_a_wrong_key_is_refused(client: Callable[..., Any], s3: Any, key: str, code: str) -> None:
    stranger = client(**{key: "0" * 20})
    with pytest.raises(ClientError) as refused:
        stranger.list_objects_v2(Bucket=BUCKET)
    stranger.close()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["Error"]["Code"] == code


def test_the_console_answers(exported: dict[str, Any], user: requests.Session) -> None:
    url = exported["urls"]["s3_console"]
    assert url.endswith("/minio/")
    answer = user.get(url, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_export_that_is_read_only_refuses_writes(whole: Stack, s3: Any, version: int) -> None:
    refused = written_by(whole, "worker-1", "refused", "bytes", version)
    assert "ROFS" in refused.text, refused.text
    assert "refused" not in keys(s3)


def assert_not_served(target: Stack, by: Prober, address: str) -> None:
    """To an address of the machines' network that is no machine's; the firewall lets it pass."""
    place = ["docker", "run", "--rm", f"--network=nuvla-swarm-{target.name}", f"--ip={address}", by.image]
    for version, error in ((3, "MNT3ERR_ACCES"), (4, "NFS4ERR_NOENT")):  # by 4, it does not even see the folder
        bucket = url(target, BUCKET, version)
        assert target.on("worker-1", "nfs-ls", bucket).code == 0
        refused = run(*place, "nfs-ls", bucket)
        assert refused.code != 0
        assert error in refused.text, refused.text


def test_who_is_no_machine_is_not_served(whole: Stack, by: Prober, s3: Any) -> None:
    assert send(by, expected_ports.CLUSTER, whole.address("manager-1"), 2049, 33333) == {2049: "open", 33333: "open"}
    assert_not_served(whole, by, str(IPv4Network(whole.get("machines.subnet"))[-7]))


def test_a_machine_that_joins_is_served_and_one_that_left_is_not(whole: Stack, by: Prober, s3: Any) -> None:
    whole.set("nfs.access", "rw")
    whole.set("machines.pools.worker.count", 3)
    try:
        result = whole.up()
        assert result.code == 0, result.text
        address = whole.address("worker-3")
        for version in VERSIONS:
            written = written_by(whole, "worker-3", f"from-nfs-{version}", f"bytes {version}", version)
            assert "copied" in written.text, written.text
            assert f"from-nfs-{version}" in keys(s3)
            assert got(s3, f"from-nfs-{version}") == f"bytes {version}".encode()
    finally:
        whole.set("nfs.access", "ro")
        whole.set("machines.pools.worker.count", 2)
        result = whole.up()
        assert result.code == 0, result.text
    assert_not_served(whole, by, address)
