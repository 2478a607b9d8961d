"""tools/images_check/engine.py: commands of Docker, and the derived images."""

import io
import subprocess
import tarfile
from typing import Any

import pytest

from tests.support.rows import rows
from tools.images_check import engine


def answer(code: int = 0, stdout: str = "", stderr: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(["docker"], code, stdout, stderr)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers of Docker by its command; any other command succeeds."""
    given: dict[str, Any] = {}

    def docker(command: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        given.setdefault("asked", []).append((command, *arguments))
        given.setdefault("context", options.get("given"))
        found = given.get(" ".join((command, *arguments[:1])), given.get(command, answer()))
        return found if isinstance(found, subprocess.CompletedProcess) else answer()

    monkeypatch.setattr(engine, "docker", docker)
    return given


def test_missing_docker_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert engine.no_engine() == "docker: command not found"


def test_engine_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("docker", 20)

    monkeypatch.setattr(subprocess, "run", late)
    assert engine.no_engine() == "no answer within 20 seconds"


def test_reason_is_the_last_line_of_the_errors(answers: dict[str, Any]) -> None:
    answers["version"] = answer(1, "out", "Client: x\nCannot connect to the Docker daemon\n")
    assert engine.no_engine() == "Cannot connect to the Docker daemon"
    assert engine.last_line(answer(3)) == "exit code 3"


@rows("pulled, there, reason", [(0, 1, ""), (1, 0, ""), (1, 1, "no such host")])
def test_image_is_pulled_unless_it_is_there(pulled: int, there: int, reason: str, answers: dict[str, Any]) -> None:
    answers |= {"pull": answer(pulled, "", "no such host"), "image inspect": answer(there)}
    assert engine.fetch("a:1") == reason


@rows("host, path", [("unix:///a/docker.sock\n", "/a/docker.sock"), ("tcp://192.0.2.1:2376\n", "/var/run/docker.sock")])
def test_socket_is_that_of_the_engine_or_the_usual_one(host: str, path: str, answers: dict[str, Any]) -> None:
    answers["context"] = answer(0, host)
    assert engine.socket() == path


def test_folder_of_the_engine_is_asked_for(answers: dict[str, Any]) -> None:
    answers["info"] = answer(0, "/data/docker\n")
    assert engine.root_folder() == "/data/docker"


def test_derived_image_has_the_files_with_owners_and_modes(answers: dict[str, Any]) -> None:
    entries = [
        engine.Entry(path="/data", mode=0o1777),
        engine.Entry(path="/run/secrets/word", text="W", mode=0o400, user=99),
    ]
    assert engine.build("tag", "base:1", entries) == ""
    with tarfile.open(fileobj=io.BytesIO(answers["context"])) as context:
        recipe, files = (context.extractfile(name) for name in ("Dockerfile", "files.tar"))
        assert recipe is not None
        assert recipe.read().decode() == "FROM base:1\nADD files.tar /\n"
        with tarfile.open(fileobj=files) as archive:
            found = {member.name: member for member in archive.getmembers()}
    assert found["data"].isdir()
    assert (found["run/secrets/word"].mode, found["run/secrets/word"].uid, found["run/secrets/word"].size) == (
        0o400,
        99,
        1,
    )
