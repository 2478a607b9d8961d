"""What is switched off and on again has its data, its keys and its logins; and the logins that are told open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # its types are a package of some megabytes
import pytest
import requests
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.e2e.conftest import settings
from tests.e2e.harness import Stack, stack
from tests.e2e.moments import wait_for, wait_for_entry
from tests.e2e.networks import subnet_of
from tests.e2e.prometheus import PATIENCE_S, Prometheus

pytestmark = pytest.mark.slow
SERVICES = ("monitoring", "s3", "nfs")
BUCKET, KEY, CONTENT = "e2e-kept", "folder/object", b"bytes that stay"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A target on one machine with all services. The tests run in their order."""
    wanted = settings(subnet_of("switches"), 0) | {
        "monitoring": {"prometheus": {"scrape_interval_s": 5}},
        "nfs": {"server": "ganesha"},
        "s3": {},
    }
    with stack("e2e-switches", Path(tmp_path_factory.mktemp("switches")), wanted) as made:
        up(made)
        yield made


def up(target: Stack, *options: str) -> None:
    result = target.up(*options)
    assert result.code == 0, result.text


def switch(target: Stack, *, on: bool) -> None:
    for service in SERVICES:
        target.set(f"{service}.enabled", on)
    up(target)


def user(target: Stack, outputs: dict[str, Any]) -> requests.Session:
    """Somebody who trusts the certificate, once all answers."""
    made = target.user()
    wait_for_entry(outputs["urls"], made)
    return made


def client(outputs: dict[str, Any], trusted: requests.Session) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=outputs["s3"]["endpoint"],
        aws_access_key_id=outputs["s3"]["access_key"],
        aws_secret_access_key=outputs["s3"]["secret_key"],
        region_name="us-east-1",
        verify=trusted.verify,
        config=Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def opens(by: requests.Session, outputs: dict[str, Any], service: str, login: dict[str, str]) -> bool:
    """Whether a login opens Prometheus or Grafana."""
    path = {"prometheus": "api/v1/status/buildinfo", "grafana": "api/search"}[service]
    answer = by.get(outputs["urls"][service] + path, auth=(login["username"], login["password"]), timeout=10)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def amtool(target: Stack, *arguments: str) -> str:
    """What Alertmanager's own tool says in its container."""
    container = target.on("manager-1", "docker", "ps", "--quiet", "--filter", "name=alertmanager.").text.strip()
    place = ["docker", "exec", container, "amtool", "--alertmanager.url=http://127.0.0.1:9093", "silence"]
    said = target.on("manager-1", *place, *arguments)
    assert said.code == 0, said.text
    return said.text


def test_off_and_on_again_everything_is_as_it_was(target: Stack) -> None:
    before = target.outputs()
    with user(target, before) as by:
        s3 = client(before, by)
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)
        prometheus = Prometheus.of(before, by)
        wait_for(lambda: prometheus.series("up == 1") != [], "something is measured", PATIENCE_S)
        then = prometheus.series("up == 1")[0]["value"][0]
    amtool(target, "add", "--author=me", "--comment=kept", "--duration=2h", "alertname=Nobody")

    switch(target, on=False)
    off = target.outputs()
    assert off["logins"] == {}
    assert {"s3", "nfs"}.isdisjoint(off)
    assert set(off["urls"]) == {"traefik", "dashboard"}

    switch(target, on=True)
    after = target.outputs()
    assert {name: after[name] for name in ("s3", "nfs", "logins", "urls", "volumes")} == {
        name: before[name] for name in ("s3", "nfs", "logins", "urls", "volumes")
    }
    with user(target, after) as by:
        assert client(after, by).get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == CONTENT
        for service, login in after["logins"].items():
            assert opens(by, after, service, login), service
        assert Prometheus.of(after, by).ask("query", query="up == 1", time=str(then))["result"] != []
    assert "kept" in amtool(target, "query")
    again = target.up()
    assert again.code == 0, again.text
    assert again.touched() == set(), again.text


def test_logins_and_keys_that_are_made_anew_open_and_those_of_before_do_not(target: Stack) -> None:
    before = target.outputs()
    passwords = ("grafana-login-password", "prometheus-login-password", "s3-key-access", "s3-key-secret")
    up(target, *(option for name in passwords for option in ("--replace", f"**{name}")))
    after = target.outputs()
    with user(target, after) as by:
        for service, login in after["logins"].items():
            assert login != before["logins"][service]
            assert opens(by, after, service, login), service
            assert not opens(by, after, service, before["logins"][service]), service
        assert client(after, by).get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == CONTENT
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            client(before, by).list_objects_v2(Bucket=BUCKET)
    again = target.up()
    assert again.code == 0, again.text
    assert again.touched() == set(), again.text
