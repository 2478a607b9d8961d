"""The version of the program, which pyproject.toml declares and each stack exports."""

import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def version() -> str:
    """Return the version of the program, such as 0.1.0.

    The program is never packaged, so no metadata of an installation have it.
    """
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    return str(project["version"])
