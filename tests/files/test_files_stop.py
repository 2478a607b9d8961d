"""tools/stop.sh --if-idle: an engine that other checkouts use is not stopped."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import CHECKOUT
from tools.stack import engine_use


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a checkout whose engine and registry only say that they are stopped, with a client that lists a file."""
    (tmp_path / "tools").mkdir()
    for name in ("stop.sh", "lib.sh"):
        shutil.copy(CHECKOUT / "tools" / name, tmp_path / "tools")
    scripts = {
        "offline/repository.sh": 'echo "repository $1"',
        "offline/registry.sh": 'echo "registry $1"',
        "offline/engine.sh": 'echo "engine $1"',
        "bin/docker": f"cat {tmp_path}/containers",
    }
    for name, text in scripts.items():
        script = tmp_path / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/bash\n{text}\n")
        script.chmod(0o755)
    (tmp_path / "containers").touch()
    return tmp_path


def stopped(folder: Path, *options: str) -> bool:
    """Run the command, with a socket of an engine; return whether it stopped the engine."""
    run = folder / "c/engine/run"
    run.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(os.path.relpath(run / "docker.sock"))  # an absolute path may be too long
        env = os.environ | {"NUVLA_SWARM_CACHE": f"{folder}/c", "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        done = subprocess.run(
            [folder / "tools/stop.sh", *options], env=env, capture_output=True, text=True, check=False
        )
    (run / "docker.sock").unlink()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in ("", "repository stop\nregistry stop\nengine stop\n")
    return done.stdout != ""


def test_engine_is_stopped_only_without_containers_and_users(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUVLA_SWARM_CACHE", f"{folder}/c")
    assert stopped(folder, "--if-idle")
    with engine_use.used(is_local=True), engine_use.used(is_local=True):  # of two checkouts
        assert not stopped(folder, "--if-idle")
        assert stopped(folder), "a person has asked for it"
    assert stopped(folder, "--if-idle")
    with engine_use.used(is_local=False):
        assert stopped(folder, "--if-idle")
    (folder / "containers").write_text("0123abcd\n")
    assert not stopped(folder, "--if-idle")


def test_lock_is_in_the_cache_of_the_scripts(tmp_path: Path) -> None:
    script = f'source {CHECKOUT}/tools/lib.sh && printf %s "$CACHE/locks/engine-use"'
    cases = [{}, {"XDG_CACHE_HOME": f"{tmp_path}/x"}, {"NUVLA_SWARM_CACHE": f"{tmp_path}/own"}]
    others = {key: value for key, value in os.environ.items() if key not in ("XDG_CACHE_HOME", "NUVLA_SWARM_CACHE")}
    for case in cases:
        done = subprocess.run(["bash", "-c", script], env=others | case, capture_output=True, text=True, check=True)
        assert done.stdout == str(engine_use.lock(others | case))
