"""The checkout that the tests are in, and the files that git tracks there."""

import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[str]:
    """Return the paths of the tracked files, of those that match a pattern if there are any."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()
