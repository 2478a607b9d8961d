"""A stack of a small program under the real engine, with stand-in plugins and a machine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.offline import plugin
from tests.offline.sshd import Server

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 300  # of a command of Pulumi; seen: 5 s with a core of its own


@dataclass(frozen=True)
class Stack:
    """A stack of the program, on a file backend of its own."""

    folder: Path
    environment: dict[str, str]

    def pulumi(self, *arguments: str, ok: bool = True, settings: dict[str, str] | None = None) -> str:
        command, environment = ["pulumi", *arguments, "--non-interactive"], self.environment | (settings or {})
        run = subprocess.run(
            command, check=False, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        assert (run.returncode == 0) == ok, run.stdout + run.stderr
        return run.stdout + run.stderr

    def steps(self, **settings: str) -> dict[str, str]:
        """What a preview with these settings would do: name -> operation, but for what stays."""
        preview = json.loads(self.pulumi("preview", "--json", settings=settings))
        return {step["urn"].split("::")[-1]: step["op"] for step in preview["steps"] if step["op"] != "same"}


@contextmanager
def new(folder: Path, program: str, machine: Server) -> Iterator[Stack]:
    """A stack that nothing has been made of; destroyed afterwards."""
    pulumi = shutil.which("pulumi")
    if not pulumi or not shutil.which("pulumi-language-python", path=f"{Path(pulumi).parent}:{os.environ['PATH']}"):
        pytest.skip("no pulumi on PATH: run tools/setup.sh, and this in the environment of tools/env.sh")
    for name, version in (("command", "1.2.1"), ("tls", "5.6.2")):
        place = folder / "home" / "plugins" / f"resource-{name}-v{version}"
        place.mkdir(parents=True)
        (place / f"pulumi-resource-{name}").symlink_to(plugin.standin(name))
    (folder / "key").write_text(machine.private_key)
    (folder / "__main__.py").write_text(program)
    (folder / "Pulumi.yaml").write_text("name: nuvla-standin\nruntime: python\n")
    (folder / "state").mkdir()
    login = machine.connection()
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("PULUMI_", "SSH_"))} | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder}/state",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "SSH_PORT": str(login["port"]),
        "SSH_USER": login["user"],
        "SSH_KEY": str(folder / "key"),
        "SSH_HOST_KEY": login["hostKey"],
    }
    stack = Stack(folder, environment)
    stack.pulumi("stack", "init", "test")
    try:
        yield stack
    finally:
        stack.pulumi("destroy", "--yes", "--skip-preview")
