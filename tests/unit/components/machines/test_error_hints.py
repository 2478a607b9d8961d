"""components/machines/error_hints.py: a hint follows an error of a Docker engine."""

from typing import Any

import pulumi
import pytest

from components.machines.error_hints import AGENT_HINTS, HINTS, SSH_HINTS, SWARM_HINTS, ErrorHints, error_hint
from components.machines.exoscale.error_hints import SSH_HINTS as EXOSCALE_SSH_HINTS
from tests.program.runs import run
from tests.support.configs import existing, exoscale, secrets_for, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

ERRORS = {
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?": (
        "no Docker engine answers at unix:///var/run/docker.sock: start it,"
    ),
    "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock": (
        "this user may not use the Docker engine at unix:///var/run/docker.sock: `sudo usermod -aG docker"
    ),
    "Error response from daemon: Pool overlaps with other one on this address space": "set machines.subnet to a free",
    "Unable to create container with image a/b:1: unable to pull image a/b:1": "the image a/b:1 is not on",
    'Conflict. The container name "/nuvla-swarm-dev-a-1" is already in use by container "0f"': (
        "a container nuvla-swarm-dev-a-1 is there already"
    ),
    "Error response from daemon: network with name nuvla-swarm-dev already exists": (
        "a network nuvla-swarm-dev is there already"
    ),
}


def test_known_error_gets_a_hint() -> None:
    assert {
        error: error_hint([error]) for error, hint in ERRORS.items() if hint not in (error_hint([error]) or "")
    } == {}


def test_older_engine_that_refuses_the_user_gets_the_same_hint() -> None:
    old = "permission denied while trying to connect to the Docker daemon socket at unix:///run/docker.sock: Get x"
    assert (error_hint([old]) or "").startswith(
        "this user may not use the Docker engine at unix:///run/docker.sock: `s"
    )


def test_each_hint_has_an_error_in_this_test() -> None:
    assert len({error_hint([error]) for error in ERRORS}) == len(HINTS)


def test_name_conflict_in_the_swarm_gets_the_command_that_frees_the_name() -> None:
    conflicts = {
        "Error response from daemon: network with name traefik-public already exists": ("network", "traefik-public"),
        "AlreadyExists desc = name conflicts with an existing object: service s3 already exists": ("service", "s3"),
    }
    for error, (kind, name) in conflicts.items():
        text = error_hint([error], SWARM_HINTS) or ""
        assert f"has a {kind} {name} already: if a killed update made it, `make up` puts that right" in text
        assert f"`docker {kind} rm {name}`" in text


def test_what_another_checkout_has_is_found_by_its_label() -> None:
    for error, command in (
        ('Conflict. The container name "/nuvla-swarm-dev-a-1" is already in use by container "0f"', "ps --all"),
        ("Error response from daemon: network with name nuvla-swarm-dev already exists", "network ls"),
    ):
        hint = error_hint([error]) or ""
        assert f"(`docker {command} --filter label=io.nuvla.swarm.stack` lists those of all checkouts)" in hint
        assert "of another checkout with a stack of the same name" in hint
        assert "run `make down` there, or choose another name for this stack" in hint


PROXIED = [
    ('Post "https://194.0.2.1:2376/v1.44/networks/create": proxyconnect tcp: dial tcp 192.0.2.9:3128: i/o timeout', ""),
    ('error during connect: Get "https://194.0.2.1:2376/v1.44/info": Proxy Authentication Required', ""),
    ('error during connect: Get "https://194.0.2.1:2376/v1.44/info": Forbidden\n', ""),
    ("Cannot connect to the Docker daemon at tcp://194.0.2.1:2376. Is the docker daemon running?", "firewall.managem"),
]


def test_manager_that_is_asked_through_a_proxy_gets_no_proxy_with_its_address() -> None:
    """Docker's client says of a proxy that refuses connections that the engine does not run."""
    found = {error: error_hint([error], SWARM_HINTS) or "" for error, _ in PROXIED}
    assert {error: hint for error, hint in found.items() if "`export NO_PROXY=194.0.2.1`" not in hint} == {}
    assert [error for error, text in PROXIED if text not in found[error]] == []


def test_unknown_error_gets_no_hint() -> None:
    assert error_hint(["something else"]) is None
    assert error_hint([]) is None


def test_newest_known_error_decides_the_hint() -> None:
    assert error_hint(["something else", *ERRORS]) == error_hint([next(iter(ERRORS))])


def test_hint_is_logged_once_and_nothing_is_retried(fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", logged.append)
    advisor = build(ErrorHints)
    hook: Any = advisor.hooks.on_error[0]  # type: ignore[index]
    for error in [*ERRORS, *ERRORS, "something else"]:
        assert hook.callback(pulumi.ErrorHookArgs("", "", "one", "", errors=[error])) is False
    assert logged == [error_hint([error]) for error in ERRORS]


def test_full_disk_is_told_with_its_machine(fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", logged.append)
    hook: Any = build(lambda: ErrorHints(AGENT_HINTS, "ssh-advice")).hooks.on_error[0]  # type: ignore[index]
    error = "Process exited with status 1: running x:\ncat: write error: No space left on device"
    for machine in ("web-1", "web-2"):
        hook.callback(pulumi.ErrorHookArgs("", "", f"firewall-{machine}", "", errors=[error]))
    assert [line.partition(" is full")[0] for line in logged] == [
        "firewall-web-1: a disk of its machine",
        "firewall-web-2: a disk of its machine",
    ]


def test_stale_ssh_agent_gets_a_hint_on_machines_of_every_provider() -> None:
    error = "dial unix /tmp/ssh-1/agent.2: connect: no such file or directory"
    for document in (target(), exoscale(), existing()):
        engine = run(document, secrets=secrets_for(document)).engine
        commands = [name for name, kind in engine.types.items() if kind == "command:remote:Command"]
        hooked = [name for name in commands if "ssh-advice" in engine.options[name].hooks.on_error]
        assert commands == hooked
    for hints in (SSH_HINTS, EXOSCALE_SSH_HINTS):
        assert (error_hint([error], hints) or "").startswith("SSH_AUTH_SOCK is /tmp/ssh-1/agent.2, and no SSH agent")


def test_local_machine_that_does_not_answer_gets_the_engine_that_it_needs() -> None:
    hint = error_hint(["after 10 failed attempts: dial tcp 10.77.1.1:22: i/o timeout"], SSH_HINTS)
    assert (hint or "").startswith("the local machine at 10.77.1.1 does not answer SSH: local machines need a Docker")
