"""Command that writes docs/tested.md, what runs by default and what of that has run: `python -m docs.tested`.

docs/tested.json has the records of the runs, which tests/records.py writes.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from components.engine.settings import CONTAINERD_VERSION, ENGINE_VERSIONS
from components.storage.settings import NfsSettings
from stacks.config.images import ImagesSettings

FOLDER = Path(__file__).parent
PAGE, RECORDS = FOLDER / "tested.md", FOLDER / "tested.json"
PLUGINS = {name: f"pulumi-{name}" for name in ("command", "docker", "random", "tls")}
# Defaults that are no setting.
BESIDE_SETTINGS = (
    "system: Debian 12",
    "system: Debian 13",
    "system: Ubuntu 22.04",
    "system: Ubuntu 24.04",
    "kernel: cgroup v2",
    "kernel: nftables, family inet",
    "swarm: ports through the ingress mesh",
    "swarm: encrypted overlay networks",
    "storage: volume of type nfs, as Nuvla makes it",
    "machines: local",
    "machines: existing",
)
# Defaults that cannot run here, with the reason.
REASONS = {
    "images.grafana": "Grafana's program is in no package registry; a stand-in checks what is provisioned",
    "images: from their registries": "no image registry is reached; images are built from packages",
    "machines: exoscale, with its plugin": "its API needs an account; a stand-in with its rules makes local machines",
    "pipelines: GitHub and GitLab": "their servers run the workflows; actionlint and shellcheck check these",
    "computer: macOS": "there is no such computer; the tests use the tools and versions that macOS has",
}
ABOVE = """# What is tested is what runs

**At the end** you know which defaults of the program have run together, where, and when. The nightly run writes this
page; nobody writes it by hand:

<!-- not run: takes hours -->

```console
$ make nightly
```

A row names the version that answered in the test. Where that is another version than the default, the default cannot be
had from package registries, as in the [offline mode](../offline/README.md).
"""


@dataclass(frozen=True)
class Record:
    """A default of the program that has passed a test."""

    default: str
    version: str  # the one that answered
    engine: str  # version of the machines' engine; empty if no machine was there
    kernel: str  # of the machines
    suite: str  # file of the test
    day: str
    seconds: float

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """What a later record replaces."""
        return self.default, self.version, self.engine, self.kernel, self.suite


def defaults() -> dict[str, str]:
    """Return what runs by default: names, and versions where there is one."""
    images = {f"images.{key}": str(image).rpartition(":")[2] for key, image in dict(ImagesSettings()).items()}
    return (
        {
            "engine.source": "docker.com",
            "engine.version": ENGINE_VERSIONS["docker.com"],
            "engine.containerd_version": CONTAINERD_VERSION,
            "nfs.server": str(NfsSettings.model_fields["server"].default),
        }
        | dict.fromkeys(BESIDE_SETTINGS, "")
        | images
        | {f"plugin: {name}": version(package) for name, package in PLUGINS.items()}
    )


def is_default(name: str) -> bool:
    """Return whether something runs by default."""
    return name in defaults()


def read(file: Path = RECORDS) -> list[Record]:
    """Return the records of a file, none if it is not there."""
    return [Record(**item) for item in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def merged(old: Iterable[Record], new: Iterable[Record]) -> list[Record]:
    """Return all records, the newest of each default, version, engine, kernel and suite."""
    return sorted({record.place: record for record in (*old, *new)}.values(), key=lambda record: record.place)


def missing(records: Sequence[Record]) -> list[str]:
    """Return the defaults that have neither a record nor a reason."""
    seen = {record.default for record in records}
    return [name for name in defaults() if name not in seen and name not in REASONS]


def page(records: Sequence[Record]) -> str:
    """Return docs/tested.md."""
    lines = [ABOVE, *_ran(records), "", "## What does not run, and why", "", "| default | reason |", "|---|---|"]
    lines += [f"| {name} | {reason} |" for name, reason in REASONS.items()]
    lines += [f"| {name} | **not yet** |" for name in missing(records)]
    return "\n".join(lines) + "\n"


def _ran(records: Sequence[Record]) -> Iterator[str]:
    yield "| default | ran | engine | kernel | suite | day | seconds |"
    yield "|---|---|---|---|---|---|---|"
    for name, wanted in defaults().items():
        for record in (found for found in records if found.default == name):
            value = f"{name} {wanted}".strip()
            engine, suite = record.engine or "none", Path(record.suite).stem.removeprefix("test_")
            cells = (value, record.version, engine, record.kernel, f"[{suite}](../{record.suite})", record.day)
            yield f"| {' | '.join(cells)} | {record.seconds:.0f} |"


if __name__ == "__main__":
    PAGE.write_text(page(read()), encoding="utf-8")
