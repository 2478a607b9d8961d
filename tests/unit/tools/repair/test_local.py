"""tools/repair/local.py: remains of a killed update on the local Docker engine."""

import os
from pathlib import Path

import pytest

from tests.support.stack_states import ID, state
from tools.repair import local
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
  *" rm "*) echo "$*" >>removals ;;
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


def removals(engine: Path) -> list[str]:
    file = engine / "removals"
    return file.read_text().splitlines() if file.exists() else []


def known(*ids: str) -> State:
    return state(*({"urn": f"urn::{one}", "type": "some", "id": one} for one in ids), cluster="Local")


def test_remains_with_the_id_outside_of_the_state_are_removed(engine: Path) -> None:
    (engine / "things").write_text(
        "container - c1\ncontainer - c2\nvolume - v1\nvolume - v2\nnetwork - n1\nnetwork - n2\n"
    )
    local.remove_leftovers(known("c1", "v1", "n1"))
    assert removals(engine) == ["container rm --force c2", "volume rm --force v2", "network rm n2"]


def test_only_empty_data_volumes_are_removed(engine: Path) -> None:
    (engine / "things").write_text("volume data v1\n")
    local.remove_leftovers(known())
    assert removals(engine) == [], "nobody can look into the volume"
    (engine / "content").write_text("file\n")
    local.remove_leftovers(known())
    assert removals(engine) == []
    (engine / "content").write_text("")
    local.remove_leftovers(known())
    assert removals(engine) == ["volume rm --force v1"]


def test_nothing_is_removed_without_an_id(engine: Path) -> None:
    (engine / "things").write_text("container - c1\n")
    local.remove_leftovers(State("s", {"resources": []}))
    assert removals(engine) == []


def test_missing_docker_client_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    local.remove_leftovers(known())
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("nuvla-swarm: docker is not on PATH")


def test_silent_engine_is_reported_in_one_line(engine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (engine / "docker").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(local, "TIMEOUT_S", 0.2)
    with pytest.raises(SystemExit, match=r"^nuvla-swarm: error: the local Docker engine does not answer `docker ps`"):
        local.remove_leftovers(known())
