"""The status of a target: health of machines and services, and logins."""

import re

from tests.e2e.harness import Stack
from tests.e2e.prometheus import SCRAPE_TIMEOUT_S
from tests.e2e.waiting import wait_for

PROMETHEUS_LINE = r"^  prometheus +\S+  healthy; [1-9]\d* of \d+ targets are up(, \d+ not asked yet)?; alerts: "


def passwords(full_target: Stack) -> list[str]:
    outputs = full_target.outputs()
    return [*(login["password"] for login in outputs["logins"].values()), outputs["s3"]["secret_key"]]


def test_status_shows_machines_health_of_services_and_logins(full_target: Stack) -> None:
    # On a target that has just come up, the status says correctly that nothing is measured yet.
    lines = (PROMETHEUS_LINE, r"^  nfs +\S+  healthy$")
    wait_for(
        lambda: all(re.search(line, status_without_logins(full_target), re.MULTILINE) for line in lines),
        "Prometheus has measured",
        SCRAPE_TIMEOUT_S,
        lambda: status_without_logins(full_target),
    )
    printed = full_target.make("status").text
    assert re.search(r"manager-1 +\S+ +Ready Active Leader", printed), printed
    assert len(re.findall(r"worker-\d +\S+ +Ready Active$", printed, re.MULTILINE)) == 2, printed
    for name in ("grafana", "s3", "s3_console", "nfs"):
        assert re.search(rf"^  {name} +\S+  healthy$", printed, re.MULTILINE), printed
    assert re.search(PROMETHEUS_LINE, printed, re.MULTILINE), printed
    assert [password for password in passwords(full_target) if password not in printed] == []


def test_status_at_the_end_of_up_shows_no_login(full_target: Stack) -> None:
    printed = full_target.must("python", "-m", "tools.stack", "status", full_target.name).text
    assert "make status STACK=" in printed
    assert [password for password in passwords(full_target) if password in printed] == []


def test_status_shows_a_service_that_does_not_run(full_target: Stack) -> None:
    full_target.on("manager-1", "docker", "service", "scale", "--detach", "grafana=0")
    try:
        wait_for(
            lambda: bool(re.search(r"^  grafana +\S+  answers \d+$", status_without_logins(full_target), re.MULTILINE)),
            "the status shows that Grafana is stopped",
        )
    finally:
        full_target.on("manager-1", "docker", "service", "scale", "--detach", "grafana=1")
        wait_for(
            lambda: bool(re.search(r"^  grafana +\S+  healthy$", status_without_logins(full_target), re.MULTILINE)),
            "Grafana is healthy again",
            90,
        )


def status_without_logins(full_target: Stack) -> str:
    return full_target.must("python", "-m", "tools.stack", "status", full_target.name).text


def test_repair_finds_no_change_by_hand_after_up(full_target: Stack) -> None:
    """The swarm reports every service of a target as the state has it."""
    printed = full_target.must("python", "-m", "tools.repair", "up", full_target.name).text
    assert "resources of the state with what is there" in printed  # the machines
    for problem in ("is not as it was set", "is gone", "in no state", "does not answer", "did not succeed"):
        assert problem not in printed, printed
