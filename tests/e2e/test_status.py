"""What an operator is shown of a target: that all is well, and how to log in."""

import re

from tests.e2e.harness import Stack
from tests.e2e.prometheus import PATIENCE_S
from tests.e2e.waiting import wait_for

MEASURED = r"^  prometheus +\S+  healthy; [1-9]\d* of \d+ targets are up(, \d+ not asked yet)?; alerts: "


def passwords(whole: Stack) -> list[str]:
    exported = whole.outputs()
    return [*(login["password"] for login in exported["logins"].values()), exported["s3"]["secret_key"]]


def test_status_shows_machines_addresses_with_their_health_and_logins(whole: Stack) -> None:
    # Of a target that has only just come up, it truly says that nothing was measured yet.
    measured = (MEASURED, r"^  nfs +\S+  healthy$")
    wait_for(
        lambda: all(re.search(line, shown_of(whole), re.MULTILINE) for line in measured),
        "Prometheus has asked",
        PATIENCE_S,
        lambda: shown_of(whole),
    )
    shown = whole.make("status").text
    assert re.search(r"manager-1 +\S+ +Ready Active Leader", shown), shown
    assert len(re.findall(r"worker-\d +\S+ +Ready Active$", shown, re.MULTILINE)) == 2, shown
    for name in ("grafana", "s3", "s3_console", "nfs"):
        assert re.search(rf"^  {name} +\S+  healthy$", shown, re.MULTILINE), shown
    assert re.search(MEASURED, shown, re.MULTILINE), shown
    assert [password for password in passwords(whole) if password not in shown] == []


def test_what_up_shows_at_its_end_has_no_login_in_it(whole: Stack) -> None:
    shown = whole.must("python", "-m", "tools.status", whole.name).text
    assert "make status STACK=" in shown
    assert [password for password in passwords(whole) if password in shown] == []


def test_status_tells_when_a_service_is_not_well(whole: Stack) -> None:
    whole.on("manager-1", "docker", "service", "scale", "--detach", "grafana=0")
    try:
        wait_for(lambda: bool(re.search(r"^  grafana +\S+  answers \d+$", shown_of(whole), re.MULTILINE)), "it tells")
    finally:
        whole.on("manager-1", "docker", "service", "scale", "--detach", "grafana=1")
        wait_for(lambda: bool(re.search(r"^  grafana +\S+  healthy$", shown_of(whole), re.MULTILINE)), "it is back", 90)


def shown_of(whole: Stack) -> str:
    return whole.must("python", "-m", "tools.status", whole.name).text


def test_nothing_that_the_program_made_is_taken_for_somebodys_change(whole: Stack) -> None:
    """Of all services that a target has: what the swarm tells of them is what the state knows."""
    told = whole.must("python", "-m", "tools.repair", "up", whole.name).text
    assert "Refreshing" in told  # the machines
    for word in ("is not as it was set", "is gone", "in no state", "does not answer", "did not succeed"):
        assert word not in told, told
