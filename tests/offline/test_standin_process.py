"""A stand-in is a well-behaved plugin: quick to start, found through a link, gone with its engine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.offline import plugin

NAMES = sorted(path.parent.name for path in plugin.PLUGINS.glob("*/pulumi-resource-*"))


@pytest.mark.parametrize("name", NAMES)
def test_it_starts_through_a_link(name: str, tmp_path: Path) -> None:
    (link := tmp_path / f"pulumi-resource-{name}").symlink_to(plugin.standin(name))
    with plugin.running(link) as running:
        assert running.schema()["name"] == name


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_and_gives_secrets(name: str) -> None:
    """Else the engine would hand over plain values, and mark none that come back."""
    with plugin.running(plugin.standin(name)) as running:
        assert running.features.acceptSecrets
        assert running.features.supportsPreview


@pytest.mark.parametrize("name", NAMES)
def test_it_starts_without_the_slow_modules(name: str) -> None:
    """Every ``pulumi`` command starts it: cryptography and paramiko are loaded when they are needed."""
    with plugin.running(plugin.standin(name)) as running:
        loaded = Path(f"/proc/{running.process.pid}/maps").read_text()
    assert "/grpc/" in loaded
    assert "/cryptography/" not in loaded


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_at_a_signal(name: str) -> None:
    with plugin.running(plugin.standin(name)) as running:
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(plugin.PATIENCE_S) == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_with_its_parent(name: str) -> None:
    script = (
        "import subprocess, sys\n"
        "started = subprocess.Popen([sys.argv[1], '127.0.0.1:1'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n"
        "started.stdout.readline()\n"
        "print(started.pid)\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(plugin.standin(name))]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=plugin.PATIENCE_S)
    process, ends = Path("/proc") / run.stdout.strip(), time.monotonic() + plugin.PATIENCE_S
    while process.exists() and "Z" not in (process / "stat").read_text().split()[2]:
        assert time.monotonic() < ends, "the plugin outlived its engine"
        time.sleep(0.05)


def test_it_finds_the_checkouts_python(tmp_path: Path) -> None:
    """With another python3 first on PATH, as where a user's shell has no virtual environment."""
    bare = tmp_path / "bin"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    path = f"{bare}:{os.environ['PATH']}"
    with plugin.running(plugin.standin("command"), {"PATH": path}) as running:
        assert running.schema()["name"] == "command"
