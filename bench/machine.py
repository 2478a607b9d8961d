"""This computer: its load, its local machines, and the versions of the software that measurements depend on."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

from components.machines.local.container import CAPABILITIES

CHECKOUT = Path(__file__).parents[1]
SAMPLE_S = 1.0


def printed(*command: str) -> str:
    """Return the output of a command, whose errors go to standard error."""
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, cwd=CHECKOUT).stdout.strip()


def local_settings() -> dict[str, str]:
    """Return the settings of local machines on this computer, by path."""
    return dict(line.split("=", 1) for line in printed("local/settings.sh").splitlines())


def machine_flags(privileged: bool) -> list[str]:
    """Return the options of `docker run` for a machine like those of the program."""
    if privileged:
        return ["--privileged", "--cgroupns=private"]
    return [
        "--cap-drop=ALL",
        *(f"--cap-add={capability}" for capability in CAPABILITIES),
        *(f"--security-opt={part}=unconfined" for part in ("seccomp", "apparmor", "systempaths")),
        "--device-cgroup-rule=a *:* rwm",
        "--cgroupns=host",
        "--mount=type=bind,source=/sys/fs/cgroup,target=/sys/fs/cgroup",
    ]


def _ticks() -> tuple[float, float]:
    """Return the busy and the total clock ticks of all cores since the computer started."""
    spent = [float(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(spent) - spent[3] - spent[4], sum(spent)


def busy() -> float:
    """Return the share of the cores that is in use, measured over a second."""
    before = _ticks()
    time.sleep(SAMPLE_S)
    after = _ticks()
    return (after[0] - before[0]) / max(after[1] - before[1], 1)


@dataclass
class Quiet:
    """A wait for a quiet computer before each measurement, and a record of how busy the computer was."""

    patience_s: float
    limit: float = 0.2
    seen: list[float] = field(default_factory=list)

    def wait(self) -> None:
        """Wait until the computer is quiet, at most `patience_s`; call this right before a measurement."""
        deadline = time.monotonic() + self.patience_s
        while (share := busy()) > self.limit and time.monotonic() < deadline:
            pass
        self.seen.append(share)

    def last(self) -> str:
        return f"others used {self.seen[-1]:.0%} before"

    def __str__(self) -> str:
        noisy = sum(share > self.limit for share in self.seen)
        return f"{noisy} of {len(self.seen)} measurements began while others used over {self.limit:.0%} of the cores"


def _first(path: str, key: str) -> str:
    lines = (line.split(":", 1) for line in Path(path).read_text().splitlines() if ":" in line)
    return next((value.strip() for name, value in lines if name.strip() == key), "unknown")


def description(settings: dict[str, str]) -> str:
    """Return a sentence about the computer and the versions."""
    memory_gib = int(_first("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    engine = printed("docker", "version", "--format", "{{.Server.Version}}")
    parts = [f"Pulumi {printed('pulumi', 'version')}", f"Python {platform.python_version()}"]
    parts += [f"{name} {version(name)}" for name in ("pulumi-docker", "pulumi-command", "pulumi-tls", "pulumi-random")]
    parts += [f"Docker Engine {engine}, {settings['engine.version']} inside machines"]
    return (
        f"{date.today()}: {os.cpu_count()} cores ({_first('/proc/cpuinfo', 'model name')}), {memory_gib:.0f} GiB. "
        f"{', '.join(parts)}."
    )
