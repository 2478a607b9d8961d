"""tools/local_engine.py: an engine that cannot run local machines is refused in a line that says what is wrong."""

import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.rows import rows
from tools import local_engine

GOOD = {"ServerVersion": "28.5.1", "OperatingSystem": "Debian GNU/Linux 12", "OSType": "linux", "SecurityOptions": None}
HERE, ELSEWHERE = "127.0.0.1", "192.0.2.1"
DOCKER_ENGINE = "install Docker Engine (docs.docker.com/engine/install)"


class Docker:
    """The answers of a docker client."""

    def __init__(self) -> None:
        self.context, self.host = "default", "unix:///var/run/docker.sock"
        self.info: Any = GOOD
        self.errors = ""
        self.server: Any = {"Components": [{"Name": "Engine"}]}
        self.gateway: str | None = HERE

    def answered(self, *command: str) -> tuple[Any, str]:
        if command[1] == "context":
            return [{"Name": self.context, "Endpoints": {"docker": {"Host": self.host}}}], ""
        if command[1] == "network":
            return ([{"IPAM": {"Config": [{"Subnet": "a"}, {"Gateway": self.gateway}]}}] if self.gateway else []), ""
        return (self.info if command[1] == "info" else self.server), self.errors


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Docker:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    docker = Docker()
    monkeypatch.setattr(local_engine, "answered", docker.answered)
    return docker


def refusal(*arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        local_engine.main(*arguments)
    line = str(end.value)
    assert line.startswith("nuvla-swarm: error: ")
    assert "\n" not in line
    return line.removeprefix("nuvla-swarm: error: ")


@rows("gateway", [HERE, None])
def test_engine_of_this_computer_is_taken(docker: Docker, gateway: str | None) -> None:
    docker.gateway = gateway
    local_engine.main()
    local_engine.main("endpoint")


@rows(
    "info, server, line",
    [
        (
            {"OperatingSystem": "Docker Desktop"},
            {},
            "the engine is Docker Desktop, whose containers run in a virtual machine",
        ),
        ({"SecurityOptions": ["name=seccomp", "name=rootless"]}, {}, "the Docker engine is rootless"),
        ({"OSType": "windows"}, {}, "the Docker engine runs containers of windows"),
        ({}, {"Components": [{"Name": "Podman Engine"}]}, "the engine is Podman"),
    ],
)
def test_wrong_kind_of_engine_is_named(docker: Docker, info: Mapping[str, Any], server: Any, line: str) -> None:
    docker.info, docker.server = GOOD | dict(info), server
    assert refusal() == f"{line}, and {local_engine.NEEDED}: {DOCKER_ENGINE}"


def test_advice_names_the_variable_or_context_that_leads_to_a_wrong_engine(
    docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.info = GOOD | {"OperatingSystem": "Docker Desktop"}
    docker.context, docker.host = "desktop-linux", "unix:///home/a/.docker/desktop/docker.sock"
    assert refusal().endswith(f"{DOCKER_ENGINE}, then docker context use default")
    monkeypatch.setenv("DOCKER_CONTEXT", "desktop-linux")
    assert refusal().endswith(f"{DOCKER_ENGINE}, then unset DOCKER_CONTEXT")
    monkeypatch.setenv("DOCKER_HOST", docker.host)
    assert refusal().endswith(f"{DOCKER_ENGINE}, then unset {local_engine.VARIABLES}")


def test_engine_in_a_virtual_machine_is_found_by_its_address(docker: Docker) -> None:
    docker.gateway = ELSEWHERE
    line = f"the Docker engine runs in a virtual machine or a container: {ELSEWHERE} is no address of this computer"
    assert refusal() == f"{line}, and {local_engine.NEEDED}: {DOCKER_ENGINE}"


@pytest.mark.parametrize("arguments", [(), ("endpoint",)])
def test_swarm_of_a_stack_is_not_taken_for_the_local_engine(
    docker: Docker, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    docker.host = "tcp://10.77.154.65:2376"
    monkeypatch.setenv("DOCKER_HOST", docker.host)
    monkeypatch.setenv("DOCKER_CERT_PATH", ".state/files/prod")
    why = "is the swarm of a stack, and local machines would be made inside it"
    unset = "unset DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH"
    assert refusal(*arguments) == f"DOCKER_HOST=tcp://10.77.154.65:2376 {why}: {unset}"
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.delenv("DOCKER_CERT_PATH")
    docker.context = "nuvla-swarm-prod"
    named = "the docker context nuvla-swarm-prod, tcp://10.77.154.65:2376,"
    assert refusal(*arguments) == f"{named} {why}: docker context use default"
    monkeypatch.setenv("DOCKER_CONTEXT", docker.context)
    assert refusal(*arguments) == f"{named} {why}: unset DOCKER_CONTEXT"


@rows("host", ["tcp://192.0.2.1:2375", "ssh://ops@192.0.2.1", "http://192.0.2.1"])
def test_engine_on_another_computer_is_refused(docker: Docker, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    docker.host = host
    monkeypatch.setenv("DOCKER_HOST", host)
    line = f"DOCKER_HOST={host} is on another computer, and {local_engine.NEEDED}: unset {local_engine.VARIABLES}"
    assert refusal() == refusal("endpoint") == line


def test_own_address_over_tcp_is_no_other_computer(docker: Docker) -> None:
    docker.host = "tcp://127.0.0.1:2375"
    local_engine.main()


@rows(
    "info, errors, why",
    [
        ({"ServerVersion": "", "ServerErrors": ["permission denied while trying"]}, "", "this user may not use the"),
        (None, "permission denied while trying to connect", "this user may not use the"),
        ({"ServerVersion": ""}, "Cannot connect to the Docker daemon", "no"),
        (None, "", "no"),
    ],
)
def test_engine_without_an_answer_has_an_exit_code_of_its_own(
    docker: Docker, capsys: pytest.CaptureFixture[str], info: Any, errors: str, why: str
) -> None:
    docker.info, docker.errors = info, errors
    with pytest.raises(SystemExit) as end:
        local_engine.main()
    assert end.value.code == local_engine.NO_ANSWER
    printed = capsys.readouterr().out
    assert printed.startswith(f"{why} Docker engine")
    assert printed.endswith("at unix:///var/run/docker.sock\n")


def test_client_that_says_nothing_or_no_json_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local_engine.answered("sh", "-c", "echo '{\"a\": 1}'; echo b >&2") == ({"a": 1}, "b\n")
    assert local_engine.answered("sh", "-c", "echo a") == (None, "")

    def hangs(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("docker", local_engine.TIMEOUT_S)

    monkeypatch.setattr(subprocess, "run", hangs)
    assert local_engine.answered("docker", "info") == (None, "no answer in 30 s")


def test_addresses_of_this_computer_are_known() -> None:
    assert local_engine.is_own("127.0.0.1")
    assert not local_engine.is_own("192.0.2.1")


@rows("host", ["tcp://[::1", "tcp://engine:port"])
def test_address_that_is_none_is_refused(docker: Docker, host: str) -> None:
    docker.host = host
    assert "is no address of an engine" in refusal("endpoint")
