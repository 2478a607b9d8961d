"""The resources of a program as a readable tree. `python -m tests.program.snapshot` writes the files anew."""

from pathlib import Path
from typing import Any

from tests.support.configs import host, target
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import run_program

FOLDER = Path(__file__).parent / "snapshots"
NOTHING: dict[str, Any] = {section: {"enabled": False} for section in ("monitoring", "nfs", "s3")}
PROGRAMS = {
    "target-1-manager": target(managers=1),
    "target-3-managers": target(managers=3, workers=0),
    "host-local": host(),
    "target-without-services": target(managers=1, workers=1, **NOTHING),
}


def tree(engine: FakePulumi) -> str:
    """One line per resource, below its parent: type and name, sorted by name."""
    return "".join(_lines(engine, "", 0))


def _lines(engine: FakePulumi, parent: str, depth: int) -> list[str]:
    found: list[str] = []
    for name in sorted(name for name in engine.options if _parent(engine, name) == parent):
        found.append(f"{'  ' * depth}{engine.types[name]} {name}\n")
        found += _lines(engine, name, depth + 1)
    return found


def _parent(engine: FakePulumi, name: str) -> str:
    parent = engine.parent(name)
    return parent if parent in engine.options else ""  # the stack's own children are at the left


if __name__ == "__main__":
    for title, document in PROGRAMS.items():
        (FOLDER / f"{title}.txt").write_text(tree(run_program(document).engine), encoding="utf-8")
