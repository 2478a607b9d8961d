"""tools/repair/local.py and locks.py: what a killed update left on this computer."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stack_states import ID, state
from tools.repair import local, locks
from tools.repair.state import State

# Docker's client on an engine of which the files tell what it has: a kind, whether it is data, and its id, a line each.
CLIENT = """#!/usr/bin/env bash
cd "$ENGINE" || exit 1
case "$*" in
  "ps "*"io.nuvla.swarm.id=$ID "*) awk '$1 == "container" {print $3}' things ;;
  "volume ls "*"io.nuvla.swarm.id=$ID "*) awk '$1 == "volume" {print $3}' things ;;
  "volume ls "*"io.nuvla.swarm.data "*) awk '$1 == "volume" && $2 == "data" {print $3}' things ;;
  "network ls "*"io.nuvla.swarm.id=$ID "*) awk '$1 == "network" {print $3}' things ;;
  "run "*machine:dev*) cat content || exit 1 ;;
  *" rm "*) echo "$*" >>removed ;;
  *) echo "not known: $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    client = tmp_path / "docker"
    client.write_text(CLIENT)
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("ENGINE", str(tmp_path))
    monkeypatch.setenv("ID", ID)
    return tmp_path


def removed(engine: Path) -> list[str]:
    file = engine / "removed"
    return file.read_text().splitlines() if file.exists() else []


def known(*ids: str) -> State:
    return state(*({"urn": f"urn::{one}", "type": "some", "id": one} for one in ids), cluster="Local")


def test_what_bears_the_id_and_is_in_no_state_is_removed(engine: Path) -> None:
    (engine / "things").write_text(
        "container - c1\ncontainer - c2\nvolume - v1\nvolume - v2\nnetwork - n1\nnetwork - n2\n"
    )
    local.remove_leftovers(known("c1", "v1", "n1"))
    assert removed(engine) == ["container rm --force c2", "volume rm --force v2", "network rm n2"]


@pytest.mark.parametrize(("content", "goes"), [("", True), ("file\n", False), (None, False)])
def test_data_that_somebody_wrote_stay_and_those_that_nobody_can_look_at(
    engine: Path, content: str | None, goes: bool
) -> None:
    (engine / "things").write_text("volume data v1\n")
    if content is not None:
        (engine / "content").write_text(content)
    local.remove_leftovers(known())
    assert removed(engine) == ["volume rm --force v1"] * goes


def test_nothing_is_removed_without_an_id(engine: Path) -> None:
    (engine / "things").write_text("container - c1\n")
    local.remove_leftovers(State("s", {"resources": []}))
    assert removed(engine) == []


def test_a_computer_without_docker_is_told_so_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    local.remove_leftovers(known())
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("no Docker client is on PATH")


def lock(folder: Path, pid: int, host: str | None = None) -> Path:
    file = folder / ".pulumi/locks/organization/nuvla-swarm/s" / f"{pid}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"pid": pid, "hostname": host or socket.gethostname()}))
    return file


@pytest.fixture
def gone() -> int:
    """A process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_a_process_that_is_gone_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(locks, "pulumi", lambda *arguments: called.append(arguments))
    locks.free("s")
    lock(tmp_path, gone)
    locks.free("s")
    assert called == [("cancel", "--yes", "--stack", "s")]


@pytest.mark.parametrize("host", [None, "another"])
def test_an_update_that_may_still_run_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str | None
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    file = lock(tmp_path, os.getpid(), host)
    monkeypatch.setattr("time.sleep", lambda _seconds: file.unlink())
    locks.free("s")
    assert "s: waits for process" in capsys.readouterr().err
    lock(tmp_path, os.getpid(), host)
    monkeypatch.setattr(locks, "PATIENCE_S", -1)
    with pytest.raises(SystemExit, match="end it, or run `pulumi cancel`"):
        locks.free("s")


def test_other_backends_look_after_their_own_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    assert list(locks.locks("s")) == []
