"""S3 on a running target, beside who writes files on its machine; tests/s3 has the rest, without a swarm."""

import contextlib
import hashlib
import http.client
import ssl
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.e2e.harness import Stack
from tests.e2e.test_storage import BUCKET, client, s3  # noqa: F401 - fixtures

FOLDER = f"/nfs-root/{BUCKET}"
OLD = b"what was there, " * 10_000


def on(target: Stack, line: str) -> str:
    """What a command of a person on the machine with the files says."""
    result = target.on("manager-1", "bash", "-c", line)
    assert result.code == 0, result.text
    return result.text.strip()


def test_an_upload_that_breaks_off_changes_nothing(s3: Any, user: requests.Session) -> None:  # noqa: F811
    s3.put_object(Bucket=BUCKET, Key="cut", Body=OLD)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "cut"})
    _, _, host, path = url.split("/", 3)
    trusted = ssl.create_default_context(cafile=str(user.verify))
    with contextlib.closing(http.client.HTTPSConnection(host, timeout=20, context=trusted)) as sending:
        sending.putrequest("PUT", f"/{path}")
        sending.putheader("Content-Length", str(len(OLD)))
        sending.endheaders()
        sending.send(OLD[:70_000])
    assert s3.get_object(Bucket=BUCKET, Key="cut")["Body"].read() == OLD


def test_a_file_that_is_changed_on_the_machine_has_its_own_etag(whole: Stack, s3: Any) -> None:  # noqa: F811
    first = s3.put_object(Bucket=BUCKET, Key="report", Body=b"old")["ETag"]
    on(whole, f"printf new >{FOLDER}/report")
    got = s3.get_object(Bucket=BUCKET, Key="report", IfNoneMatch=first)
    assert got["Body"].read() == b"new"
    assert got["ETag"] == f'"{hashlib.md5(b"new").hexdigest()}"'


def test_a_folder_that_a_person_made_stays(whole: Stack, s3: Any) -> None:  # noqa: F811
    on(whole, f"install -d -o nobody -g nogroup {FOLDER}/inbox")
    for key in ("inbox/a", "inbox/s3/a"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
        s3.delete_object(Bucket=BUCKET, Key=key)
    assert on(whole, f"ls -A {FOLDER}/inbox; rmdir {FOLDER}/inbox") == ""


def test_links_and_closed_folders_break_no_listing_and_lead_nowhere(whole: Stack, s3: Any) -> None:  # noqa: F811
    s3.put_object(Bucket=BUCKET, Key="good", Body=b"1")
    on(
        whole,
        f"ln -s /run/secrets/s3-secret-key {FOLDER}/link; ln -s loop {FOLDER}/loop; install -d -m 700 {FOLDER}/root",
    )
    try:
        assert "good" in [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket=BUCKET, Key="link")
        assert refused.value.response["Error"]["Code"] == "NoSuchKey"
    finally:
        on(whole, f"rm {FOLDER}/link {FOLDER}/loop; rmdir {FOLDER}/root")


def test_the_gateway_is_on_no_network_of_the_swarm(whole: Stack) -> None:
    networks = on(whole, "docker service inspect s3-gateway --format '{{json .Spec.TaskTemplate.Networks}}'")
    assert networks == "null"
    shown = on(whole, "docker service inspect s3-gateway s3 --format '{{json .Spec.TaskTemplate.ContainerSpec.Env}}'")
    assert "KEY" not in shown
