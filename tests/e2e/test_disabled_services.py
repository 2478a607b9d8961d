"""Services that are disabled and enabled again, with their data, keys and logins; and the replacement of logins."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.e2e.conftest import small_target_settings
from tests.e2e.harness import Stack, stack
from tests.e2e.networks import subnet_of
from tests.e2e.prometheus import SCRAPE_TIMEOUT_S, Prometheus
from tests.e2e.waiting import wait_for, wait_for_routes
from tests.support.s3_client import s3_client

pytestmark = pytest.mark.slow
SERVICES = ("monitoring", "s3", "nfs")
BUCKET, KEY, CONTENT = "e2e-kept", "folder/object", b"bytes that stay"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield a target on one machine with all services; the tests run in their order."""
    changed_settings = small_target_settings(subnet_of("switches"), 0) | {
        "monitoring": {"prometheus": {"scrape_interval_s": 5}},
        "nfs": {"server": "ganesha"},
        "s3": {},
    }
    with stack("e2e-switches", Path(tmp_path_factory.mktemp("switches")), changed_settings) as target:
        up(target)
        yield target


def up(target: Stack, *options: str) -> None:
    result = target.up(*options)
    assert result.code == 0, result.text


def enable_services(target: Stack, *, enabled: bool) -> None:
    for service in SERVICES:
        target.set(f"{service}.enabled", enabled)
    up(target)


def session_of(target: Stack, outputs: dict[str, Any]) -> requests.Session:
    """Return a session that trusts the certificate, once every service answers."""
    session = target.https_session()
    wait_for_routes(outputs["urls"], session)
    return session


def opens(session: requests.Session, outputs: dict[str, Any], service: str, login: dict[str, str]) -> bool:
    """Return whether a login opens Prometheus or Grafana."""
    path = {"prometheus": "api/v1/status/buildinfo", "grafana": "api/search"}[service]
    answer = session.get(outputs["urls"][service] + path, auth=(login["username"], login["password"]), timeout=10)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def amtool(target: Stack, *arguments: str) -> str:
    """Run Alertmanager's own tool on its silences, and return its output."""
    container = target.on("manager-1", "docker", "ps", "--quiet", "--filter", "name=alertmanager.").text.strip()
    command = ["docker", "exec", container, "amtool", "--alertmanager.url=http://127.0.0.1:9093", "silence"]
    printed = target.on("manager-1", *command, *arguments)
    assert printed.code == 0, printed.text
    return printed.text


def test_services_enabled_again_have_their_data_keys_and_logins(target: Stack) -> None:
    before = target.outputs()
    with session_of(target, before) as session:
        s3 = s3_client(before["s3"], session.verify)
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=CONTENT)
        prometheus = Prometheus.from_outputs(before, session)
        wait_for(lambda: prometheus.series("up == 1") != [], "Prometheus has a measurement", SCRAPE_TIMEOUT_S)
        measured_at = prometheus.series("up == 1")[0]["value"][0]
    amtool(target, "add", "--author=me", "--comment=kept", "--duration=2h", "alertname=Nobody")

    enable_services(target, enabled=False)
    disabled = target.outputs()
    assert disabled["logins"] == {}
    assert {"s3", "nfs"}.isdisjoint(disabled)
    assert set(disabled["urls"]) == {"traefik", "dashboard"}

    enable_services(target, enabled=True)
    after = target.outputs()
    assert {name: after[name] for name in ("s3", "nfs", "logins", "urls", "volumes")} == {
        name: before[name] for name in ("s3", "nfs", "logins", "urls", "volumes")
    }
    with session_of(target, after) as session:
        assert s3_client(after["s3"], session.verify).get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == CONTENT
        for service, login in after["logins"].items():
            assert opens(session, after, service, login), service
        assert (
            Prometheus.from_outputs(after, session).api("query", query="up == 1", time=str(measured_at))["result"] != []
        )
    assert "kept" in amtool(target, "query")
    second = target.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text


def test_replaced_logins_and_keys_work_and_the_former_ones_do_not(target: Stack) -> None:
    before = target.outputs()
    passwords = ("grafana-login-password", "prometheus-login-password", "s3-key-access", "s3-key-secret")
    up(target, *(option for name in passwords for option in ("--replace", f"**{name}")))
    after = target.outputs()
    with session_of(target, after) as session:
        for service, login in after["logins"].items():
            assert login != before["logins"][service]
            assert opens(session, after, service, login), service
            assert not opens(session, after, service, before["logins"][service]), service
        assert s3_client(after["s3"], session.verify).get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == CONTENT
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            s3_client(before["s3"], session.verify).list_objects_v2(Bucket=BUCKET)
    second = target.up()
    assert second.code == 0, second.text
    assert second.touched() == set(), second.text
