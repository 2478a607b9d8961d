"""Files of a target: S3, through Traefik, and NFS serve the same files."""

import hashlib
import io
import random
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from typing import Any

import pytest
import requests
from boto3.s3.transfer import TransferConfig  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.e2e import expected_ports
from tests.e2e.harness import Result, Stack, run
from tests.e2e.machines import ARE_GUESTS
from tests.e2e.port_probes import Prober, send_packets
from tests.support.s3_client import s3_client

BUCKET = "e2e-data"
PART_SIZE = 8 * 1024 * 1024
SMALL_CONTENT = b"some bytes, and a zero: \0\n"
NFS_VERSIONS = (3, 4)


@pytest.fixture(scope="module")
def make_client(outputs: dict[str, Any], user_session: requests.Session) -> Callable[..., Any]:
    """Return a function that creates S3 clients, with the exported keys or others."""

    def new_client(**keys: str) -> Any:
        return s3_client(outputs["s3"] | keys, user_session.verify)

    return new_client


@pytest.fixture(scope="module")
def s3(make_client: Callable[..., Any]) -> Iterator[Any]:
    """Yield an S3 client with a new bucket."""
    client = make_client()
    client.create_bucket(Bucket=BUCKET)
    yield client
    for key in object_keys(client):
        client.delete_object(Bucket=BUCKET, Key=key)
    client.delete_bucket(Bucket=BUCKET)
    client.close()


def object_keys(s3: Any) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def object_content(s3: Any, key: str) -> bytes:
    content: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def nfs_url(target: Stack, file: str, version: int = 3) -> str:
    return f"nfs://{target.address('manager-1')}/nfs-root/{file}?version={version}"


def digest_over_nfs(target: Stack, machine: str, key: str, version: int) -> str:
    """Return the digest of a file in the bucket that a machine reads over NFS, or the error."""
    target.on(machine, "rm", "--force", "/tmp/copy")
    copied = target.on(machine, "nfs-cp", nfs_url(target, f"{BUCKET}/{key}", version), "/tmp/copy")
    if "copied" not in copied.text:
        return copied.text
    return target.on(machine, "sha256sum", "/tmp/copy").text.split()[0]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_over_nfs(target: Stack, machine: str, key: str, content: str, version: int) -> Result:
    completed = target.on(machine, "bash", "-c", f"printf '%s' '{content}' >/tmp/new")
    assert completed.code == 0, completed.text
    return target.on(machine, "nfs-cp", "/tmp/new", nfs_url(target, f"{BUCKET}/{key}", version))


def assert_belongs_to_nobody(target: Stack, key: str) -> None:
    """Assert that a file in the bucket belongs to nobody, whoever wrote it: else others cannot change it."""
    owner = target.on("manager-1", "stat", "--format=%U:%G", f"/nfs-root/{BUCKET}/{key}").text
    assert owner == "nobody:nogroup\n", owner


def test_nfs_folder_is_an_output(full_target: Stack, outputs: dict[str, Any]) -> None:
    assert outputs["nfs"] == {"address": full_target.address("manager-1"), "path": "/nfs-root"}


def test_s3_object_is_put_listed_read_and_deleted(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="folder/small", Body=SMALL_CONTENT)
    assert object_keys(s3) == ["folder/small"]
    assert object_content(s3, "folder/small") == SMALL_CONTENT
    s3.delete_object(Bucket=BUCKET, Key="folder/small")
    assert object_keys(s3) == []


@pytest.mark.parametrize("version", NFS_VERSIONS)
def test_s3_object_is_a_plain_file_that_machines_read_over_nfs(full_target: Stack, s3: Any, version: int) -> None:
    content = random.Random(version).randbytes(2 * PART_SIZE + 12345)
    parts = TransferConfig(multipart_threshold=PART_SIZE, multipart_chunksize=PART_SIZE)
    s3.upload_fileobj(io.BytesIO(content), BUCKET, "large", Config=parts)
    assert s3.head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-3"'), "in three parts"
    assert object_content(s3, "large") == content
    for machine in ("manager-1", "worker-2"):
        assert digest_over_nfs(full_target, machine, "large", version) == digest(content), machine


@pytest.mark.parametrize("version", NFS_VERSIONS)
def test_machines_read_the_current_object_over_nfs(full_target: Stack, s3: Any, version: int) -> None:
    """The NFS server caches no file that S3 changes."""
    key = f"changing-{version}"
    for content in (b"first", b"another, and longer"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        assert digest_over_nfs(full_target, "worker-1", key, version) == digest(content)
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert "NOENT" in digest_over_nfs(full_target, "worker-1", key, version)
    s3.put_object(Bucket=BUCKET, Key=key, Body=SMALL_CONTENT)
    assert digest_over_nfs(full_target, "worker-1", key, version) == digest(SMALL_CONTENT)


def test_presigned_urls_get_and_put_without_keys(s3: Any, user_session: requests.Session) -> None:
    parameters = {"Bucket": BUCKET, "Key": "presigned"}
    put_url = s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=60)
    assert user_session.put(put_url, data=SMALL_CONTENT, timeout=10).status_code == 200
    get_url = s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)
    assert user_session.get(get_url, timeout=10).content == SMALL_CONTENT
    assert user_session.get(get_url.partition("?")[0], timeout=10).status_code == 403
    assert user_session.put(get_url, data=b"another", timeout=10).status_code == 403
    assert object_content(s3, "presigned") == SMALL_CONTENT


@pytest.mark.parametrize(
    ("key", "code"), [("access_key", "InvalidAccessKeyId"), ("secret_key", "SignatureDoesNotMatch")]
)
def test_wrong_s3_key_is_refused(make_client: Callable[..., Any], s3: Any, key: str, code: str) -> None:
    stranger = make_client(**{key: "0" * 20})
    with pytest.raises(ClientError) as refused:
        stranger.list_objects_v2(Bucket=BUCKET)
    stranger.close()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["Error"]["Code"] == code


def test_s3_console_answers(outputs: dict[str, Any], user_session: requests.Session) -> None:
    console_url = outputs["urls"]["s3_console"]
    assert console_url.endswith("/minio/")
    answer = user_session.get(console_url, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("version", NFS_VERSIONS)
def test_read_only_nfs_export_refuses_writes(full_target: Stack, s3: Any, version: int) -> None:
    refused = write_over_nfs(full_target, "worker-1", "refused", "bytes", version)
    assert "ROFS" in refused.text, refused.text
    assert "refused" not in object_keys(s3)


def assert_not_served(target: Stack, prober: Prober, address: str) -> None:
    """Assert that NFS refuses an address of the machines' network that no machine has; the firewall lets it pass."""
    run_container = ["docker", "run", "--rm", f"--network=nuvla-swarm-{target.name}", f"--ip={address}", prober.image]
    # By version 4 Ganesha hides the folder, and the kernel lets the client into nothing, which libnfs has no word for.
    by_version_4 = "mount_cb: (null)" if ARE_GUESTS else "NFS4ERR_NOENT"
    for version, error in ((3, "MNT3ERR_ACCES"), (4, by_version_4)):
        bucket = nfs_url(target, BUCKET, version)
        assert target.on("worker-1", "nfs-ls", bucket).code == 0
        with target.counted_as_member("manager-1", address):
            refused = run(*run_container, "nfs-ls", bucket)
        assert refused.code != 0
        assert error in refused.text, refused.text


def test_nfs_refuses_a_client_that_is_no_machine(full_target: Stack, prober: Prober, s3: Any) -> None:
    assert send_packets(prober, expected_ports.CLUSTER, full_target.address("manager-1"), 2049, 33333) == {
        2049: "open",
        33333: "open",
    }
    assert_not_served(full_target, prober, str(IPv4Network(full_target.subnet)[-7]))


def test_nfs_access_follows_machines_that_join_and_leave(full_target: Stack, prober: Prober, s3: Any) -> None:
    full_target.set("nfs.access", "rw")
    full_target.set_workers(3)
    try:
        result = full_target.up()
        assert result.code == 0, result.text
        address = full_target.address("worker-3")
        for version in NFS_VERSIONS:
            completed = write_over_nfs(full_target, "worker-3", f"from-nfs-{version}", f"bytes {version}", version)
            assert "copied" in completed.text, completed.text
            assert f"from-nfs-{version}" in object_keys(s3)
            assert_belongs_to_nobody(full_target, f"from-nfs-{version}")
            assert object_content(s3, f"from-nfs-{version}") == f"bytes {version}".encode()
    finally:
        full_target.set("nfs.access", "ro")
        full_target.set_workers(2)
        result = full_target.up()
        assert result.code == 0, result.text
    assert_not_served(full_target, prober, address)
