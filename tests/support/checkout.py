"""The checkout that the tests are in, the files that git tracks there, and copies of its parts."""

import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[str]:
    """Return the paths of the tracked files, of those that match a pattern if there are any."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def copy_part(source: Path, target: Path) -> None:
    """Copy a file or a folder that other tests run from meanwhile.

    Python writes a compiled module beside its place and renames it: what is listed under the former name is gone then.
    """
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.pyc.*"), dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
