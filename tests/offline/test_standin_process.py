"""A stand-in is a well-behaved plugin: quick to start, found through a link, gone with its engine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.offline import plugin
from tests.offline.plugin import Plugin

NAMES = sorted(path.parent.name for path in plugin.PLUGINS.glob("*/pulumi-resource-*"))
ALONE = (
    "import subprocess, sys\n"
    "started = subprocess.Popen([sys.argv[1], '127.0.0.1:1'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n"
    "started.stdout.readline()\n"
    "print(started.pid)\n"
)


@pytest.fixture(scope="module")
def fakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Plugin]]:
    """Start every fake provider through a link, as Pulumi finds it."""
    folder = tmp_path_factory.mktemp("links")
    with ExitStack() as stack:
        found = {}
        for name in NAMES:
            (link := folder / f"pulumi-resource-{name}").symlink_to(plugin.standin(name))
            found[name] = stack.enter_context(plugin.running(link))
        yield found


def test_fakes_start_through_a_link(fakes: dict[str, Plugin]) -> None:
    assert [running.schema()["name"] for running in fakes.values()] == NAMES


def test_fakes_accept_secrets_and_previews(fakes: dict[str, Plugin]) -> None:
    """Else the engine would hand over plain values, and mark none that come back."""
    assert [name for name, running in fakes.items() if not running.features.acceptSecrets] == []
    assert [name for name, running in fakes.items() if not running.features.supportsPreview] == []


def test_fakes_start_without_slow_modules() -> None:
    """Every ``pulumi`` command starts them: cryptography and paramiko are loaded when they are needed."""
    with ExitStack() as stack:
        started = {name: stack.enter_context(plugin.running(plugin.standin(name))) for name in NAMES}
        maps = {name: Path(f"/proc/{one.process.pid}/maps").read_text() for name, one in started.items()}
    assert [name for name, loaded in maps.items() if "/grpc/" not in loaded] == []
    assert [name for name, loaded in maps.items() if "/cryptography/" in loaded] == []


def test_fakes_exit_on_sigint() -> None:
    with ExitStack() as stack:
        started = {name: stack.enter_context(plugin.running(plugin.standin(name))) for name in NAMES}
        for running in started.values():
            running.process.send_signal(signal.SIGINT)
        codes = {name: running.process.wait(plugin.PATIENCE_S) for name, running in started.items()}
    assert codes == dict.fromkeys(NAMES, 0)


def test_fakes_exit_with_their_parent() -> None:
    parents = {
        name: subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", ALONE, str(plugin.standin(name))], stdout=subprocess.PIPE, text=True
        )
        for name in NAMES
    }
    started = {
        name: Path("/proc", parent.communicate(timeout=plugin.PATIENCE_S)[0].strip())
        for name, parent in parents.items()
    }
    ends = time.monotonic() + plugin.PATIENCE_S
    while left := [name for name, process in started.items() if lives(process)]:
        assert time.monotonic() < ends, f"{left} outlived the engine"
        time.sleep(0.05)
    assert [parent.returncode for parent in parents.values()] == [0] * len(NAMES)


def lives(process: Path) -> bool:
    """Return whether a process runs: what has ended may still wait for somebody who asks for its code."""
    try:
        return "Z" not in (process / "stat").read_text().split()[2]
    except FileNotFoundError:
        return False


def test_fake_uses_the_python_of_the_checkout(tmp_path: Path) -> None:
    """With another python3 first on PATH, as where a user's shell has no virtual environment."""
    bare = tmp_path / "bin"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    path = f"{bare}:{os.environ['PATH']}"
    with plugin.running(plugin.standin("command"), {"PATH": path}) as running:
        assert running.schema()["name"] == "command"
