"""S3 on a running target, whose files people also change on the machine; tests/s3 tests S3 without a swarm."""

import contextlib
import hashlib
import http.client
import ssl
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.e2e.harness import Stack
from tests.e2e.machines import patience
from tests.e2e.test_storage import BUCKET, make_client, s3  # noqa: F401 - fixtures

FOLDER = f"/nfs-root/{BUCKET}"
FORMER_CONTENT = b"what was there, " * 10_000


def run_on_manager(target: Stack, line: str) -> str:
    """Run a line of shell on the machine with the files, as a person does, and return its output."""
    result = target.on("manager-1", "bash", "-c", line)
    assert result.code == 0, result.text
    return result.text.strip()


def test_interrupted_upload_changes_no_object(s3: Any, user_session: requests.Session) -> None:  # noqa: F811
    s3.put_object(Bucket=BUCKET, Key="cut", Body=FORMER_CONTENT)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "cut"})
    _, _, host, path = url.split("/", 3)
    trusted = ssl.create_default_context(cafile=str(user_session.verify))
    with contextlib.closing(http.client.HTTPSConnection(host, timeout=20 * patience(), context=trusted)) as sending:
        sending.putrequest("PUT", f"/{path}")
        sending.putheader("Content-Length", str(len(FORMER_CONTENT)))
        sending.endheaders()
        sending.send(FORMER_CONTENT[:70_000])
    assert s3.get_object(Bucket=BUCKET, Key="cut")["Body"].read() == FORMER_CONTENT


def test_file_changed_on_the_machine_has_another_etag(full_target: Stack, s3: Any) -> None:  # noqa: F811
    first = s3.put_object(Bucket=BUCKET, Key="report", Body=b"old")["ETag"]
    run_on_manager(full_target, f"printf new >{FOLDER}/report")
    answer = s3.get_object(Bucket=BUCKET, Key="report", IfNoneMatch=first)
    assert answer["Body"].read() == b"new"
    assert answer["ETag"] == f'"{hashlib.md5(b"new").hexdigest()}"'


def test_folder_created_on_the_machine_stays(full_target: Stack, s3: Any) -> None:  # noqa: F811
    run_on_manager(full_target, f"install -d -o nobody -g nogroup {FOLDER}/inbox")
    for key in ("inbox/a", "inbox/s3/a"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
        s3.delete_object(Bucket=BUCKET, Key=key)
    assert run_on_manager(full_target, f"ls -A {FOLDER}/inbox; rmdir {FOLDER}/inbox") == ""


def test_links_and_closed_folders_break_no_listing_and_are_not_followed(full_target: Stack, s3: Any) -> None:  # noqa: F811
    s3.put_object(Bucket=BUCKET, Key="good", Body=b"1")
    run_on_manager(
        full_target,
        f"ln -s /run/secrets/s3-secret-key {FOLDER}/link; ln -s loop {FOLDER}/loop; install -d -m 700 {FOLDER}/root",
    )
    try:
        assert "good" in [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket=BUCKET, Key="link")
        assert refused.value.response["Error"]["Code"] == "NoSuchKey"
    finally:
        run_on_manager(full_target, f"rm {FOLDER}/link {FOLDER}/loop; rmdir {FOLDER}/root")


def test_s3_gateway_has_no_network_and_no_key_in_its_environment(full_target: Stack) -> None:
    networks = run_on_manager(
        full_target, "docker service inspect s3-gateway --format '{{json .Spec.TaskTemplate.Networks}}'"
    )
    assert networks == "null"
    shown = run_on_manager(
        full_target, "docker service inspect s3-gateway s3 --format '{{json .Spec.TaskTemplate.ContainerSpec.Env}}'"
    )
    assert "KEY" not in shown
