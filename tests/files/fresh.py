"""A fresh checkout on a computer of stand-ins, which reaches nothing and has nothing installed."""

import os
import shutil
from pathlib import Path

from tests.e2e.harness import Result, run
from tests.support.checkout import CHECKOUT, copy_part

PARTS = (
    "Makefile",
    "Pulumi.dev.yaml",
    "requirements.txt",
    "tools",
    "local",
    "offline/build.sh",
    "offline/requirements.txt",
)
PROD = "config:\n  nuvla-swarm:machines:\n    provider: exoscale\n"
NOTE = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n'
# Makes an environment with a copy of itself.
PYTHON = f"""{NOTE}case "$1 $2" in
  '-m venv') mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
esac
"""
# As offline/tools.sh leaves it.
STAND_INS = """#!/usr/bin/env bash
source "${BASH_SOURCE[0]%/*}/../tools/lib.sh"
echo stand-ins >>"$CALLS"
made=$(pulumi_home)/bin/pulumi
mkdir -p "${made%/*}" && printf "#!/bin/sh\\n" >"$made" && chmod 0755 "$made"
"""
# Programs of the operating system that the scripts may use.
SYSTEM = (
    "bash sh env dirname basename cat cut mkdir mktemp rm mv ln cp find sort tr xargs sha256sum sed awk grep id "
    "uname touch tar head base64 chmod true false git make printf ls flock python3"
)


class Fresh:
    """A checkout with the stacks dev, which is local, and prod, which is on Exoscale."""

    def __init__(self, folder: Path, *, venv: bool = True):
        self.folder, self.home, self.bin = folder / "checkout", folder / "home", folder / "bin"
        self.calls_file = folder / "calls"
        for made in (self.folder, self.home, self.bin):
            made.mkdir()
        for part in PARTS:
            copy_part(CHECKOUT / part, self.folder / part)
        (self.folder / "Pulumi.prod.yaml").write_text(PROD)
        self.script(self.folder / "offline/tools.sh", STAND_INS)
        for name in ("registry.sh", "repository.sh", "engine.sh"):
            self.script(self.folder / "offline" / name, NOTE)
        if venv:
            (self.folder / ".venv").symlink_to(CHECKOUT / ".venv")
        for name in SYSTEM.split():
            (self.bin / name).symlink_to(str(shutil.which(name)))
        self.tool("curl", "exit 6")
        self.env = {"PATH": str(self.bin), "HOME": str(self.home), "CALLS": str(self.calls_file), "LC_ALL": "C.UTF-8"}

    @property
    def cache(self) -> Path:
        return self.home / ".cache/nuvla-swarm"

    @staticmethod
    def script(path: Path, text: str) -> Path:
        """Write a program."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def tool(self, name: str, does: str) -> None:
        """Put a stand-in on PATH, which notes its calls."""
        self.script(self.bin / name, f"{NOTE}{does}\n")

    def install_pulumi(self, version: str = "v3.259.0") -> None:
        """Install a Pulumi CLI for the user, with the plugins of the program."""
        self.tool("pulumi", f"[ $1 != version ] || echo {version}")
        self.install_plugins()

    def install_plugins(self) -> None:
        for name, plugin_version in self.plugins():
            (self.home / f".pulumi/plugins/resource-{name}-v{plugin_version}").mkdir(parents=True)

    def plugins(self) -> list[tuple[str, str]]:
        """Return name and version of each plugin of the program, as the scripts read them."""
        lines = self.lib("plugins").text.splitlines()
        return [(name, version) for name, version in map(str.split, lines)]

    def lib(self, command: str, **variables: str) -> Result:
        """Run a function of tools/lib.sh."""
        return self.run("bash", "-c", f"source tools/lib.sh && {command}", **variables)

    def run(self, *command: str, **variables: str) -> Result:
        return run(*command, env=self.env | variables, cwd=self.folder)

    def setup(self, *arguments: str, **variables: str) -> Result:
        return self.run("tools/setup.sh", *arguments, **variables)

    def environment(self, *arguments: str, **variables: str) -> dict[str, str]:
        """Return the environment of a shell that takes what tools/env.sh prints."""
        shown = self.run(
            "bash", "-c", f'eval "$(tools/env.sh {" ".join(arguments)})" && printf "\\0" && env -0', **variables
        )
        assert shown.code == 0, shown.text
        return dict(line.split("=", 1) for line in shown.text.split("\0") if "=" in line)

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def stand_ins(self) -> bool:
        """Return whether stand-ins were made."""
        return "stand-ins" in self.calls()


def needs_bare_path(environment: dict[str, str]) -> str:
    """Return the folders of PATH that have stand-ins of Pulumi."""
    return os.pathsep.join(part for part in environment["PATH"].split(os.pathsep) if "/pulumi-home/" in part)
