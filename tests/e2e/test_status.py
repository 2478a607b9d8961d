"""The status of a target: health of machines and services, and logins."""

import re

import requests

from tests.e2e.harness import Stack
from tests.e2e.machines import patience
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
    shown = full_target.make("status")
    printed = shown.text
    assert shown.code == 0, printed
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
        ended = full_target.make("status")
        assert ended.code != 0
        assert re.search(rf"error: {full_target.name}: not well: .*\bgrafana\b", ended.text), ended.text
    finally:
        full_target.on("manager-1", "docker", "service", "scale", "--detach", "grafana=1")
        wait_for(
            lambda: bool(re.search(r"^  grafana +\S+  healthy$", status_without_logins(full_target), re.MULTILINE)),
            "Grafana is healthy again",
            90,
        )


def test_commands_that_the_status_prints_reach_the_swarm_and_the_machines(full_target: Stack) -> None:
    printed = status_without_logins(full_target)
    [docker], [ssh] = (re.findall(rf"^  {name} +(\S.*)$", printed, re.MULTILINE) for name in ("docker", "ssh"))
    assert "Leader" in full_target.must(*docker.split(), env={"DOCKER_HOST": "tcp://192.0.2.7:2376"}).text
    *config, _ = ssh.split()
    for machine in ("manager-1", "worker-2"):
        assert full_target.must(*config, "-o", "BatchMode=yes", machine, "hostname").text == f"{machine}\n"


def test_certificate_for_nuvla_opens_the_endpoint_of_the_form(full_target: Stack) -> None:
    printed = full_target.make("nuvla").text
    [endpoint] = re.findall(r"endpoint +(https://\S+:2376)$", printed, re.MULTILINE)
    ca, cert, key = (re.findall(rf"^ +{name} +(\S+\.pem)", printed, re.MULTILINE)[0] for name in ("ca", "cert", "key"))
    files = full_target.folder
    answer = requests.get(
        f"{endpoint}/nodes",
        cert=(str(files / cert), str(files / key)),
        verify=str(files / ca),
        timeout=10 * patience(),
    )
    assert answer.status_code == requests.codes.ok
    secret = full_target.outputs()["s3"]["secret_key"]
    assert re.search(rf"secret key +{re.escape(secret)}$", printed, re.MULTILINE)


def test_update_without_changes_says_so_and_ends_with_the_status(full_target: Stack) -> None:
    printed = full_target.make("up", "VERBOSE=0").text
    assert "nuvla-swarm: nothing changed\n" in printed
    assert "Leader" in printed
    assert "Resources:" not in printed


def status_without_logins(full_target: Stack) -> str:
    return full_target.run("python", "-m", "tools.stack", "status", full_target.name).text


def test_repair_finds_no_change_by_hand_after_up(full_target: Stack) -> None:
    """The swarm reports every service of a target as the state has it, and so does Docker its machines."""
    printed = full_target.must("python", "-m", "tools.repair", "up", full_target.name).text
    is_local = full_target.get("machines.provider") == "local"  # no machine of another provider is looked at
    assert ("resources of the state with the infrastructure" in printed) == is_local, printed
    for problem in ("differs from its settings", "is gone", "the state lacks", "does not answer", "did not succeed"):
        assert problem not in printed, printed
