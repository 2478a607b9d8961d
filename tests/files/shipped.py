"""The files that components ship, where Python names them, and the tools that check them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.required_tools import required_tool

COMPONENTS = Path(__file__).parent.parent.parent / "components"
FOLDERS = {"files", "scripts"}


def shipped(*suffixes: str) -> list[Path]:
    """All files in a component's files/ or scripts/, with one of the suffixes if there are any."""
    found = [
        path
        for path in COMPONENTS.rglob("*")
        if path.is_file() and FOLDERS & set(path.relative_to(COMPONENTS).parts) and "__pycache__" not in path.parts
    ]
    return sorted(path for path in found if not suffixes or path.suffix in suffixes)


def says(tool: str, *arguments: str | Path) -> str:
    """What a tool has to say about what it was given: nothing, if it is content."""
    checked = subprocess.run([required_tool(tool), *arguments], capture_output=True, text=True, check=False)
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr or f"{tool}: {checked.returncode}"


def title(path: Path) -> str:
    """A file's name in a test."""
    return str(path.relative_to(COMPONENTS))


def calls(function: str) -> Iterator[ast.Call]:
    """All calls of a function of components/assets.py in components/."""
    for path in sorted(COMPONENTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if isinstance(node, ast.Call) and name == function and node.args:
                yield node
