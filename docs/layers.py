"""Draws the layers of the program from its imports into docs/develop/layers.md: `python -m docs.layers`."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from components.catalog import MANIFESTS

CHECKOUT = Path(__file__).parents[1]
PAGE = CHECKOUT / "docs" / "develop" / "layers.md"
FOLDERS = ("components", "stacks", "tools", "bench", "docs")  # whose imports are drawn
BASE = "components"  # the modules that lie in components/ itself, but for the catalog
INTRODUCTION = """# Layers

<!-- Made by `python -m docs.layers` from the imports of the code. Do not edit this page. -->

A folder imports folders of lower layers alone. Imports that only the type checker reads count too.
`tests/unit/docs/test_layers.py` fails on an arrow that is not here. If the arrow belongs, draw the page again, and say
why in the commit.

"""


def modules() -> dict[str, Path]:
    """Return the files of all modules, by name."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((CHECKOUT / folder).rglob("*.py")):
            parts = path.relative_to(CHECKOUT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {**found, "__main__": CHECKOUT / "__main__.py"}


def imports(known: dict[str, Path]) -> dict[str, set[str]]:
    """Return the modules that each module imports, of those that are known."""
    return {name: set(_imported(path, known)) - {name} for name, path in known.items()}


def _imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in known else node.module for name in inner]
        yield from (name for name in names if name in known)


def layer_of(module: str) -> str:
    """Return the folder that stands for a module in the drawing."""
    parts = module.split(".")
    if parts[0] != "components":
        return parts[0]
    if module == "components.catalog":
        return module
    if len(parts) > 2 and parts[1] == "machines" and (CHECKOUT / "components" / "machines" / parts[2]).is_dir():
        return ".".join(parts[:3])
    folder = ".".join(parts[:2])
    return folder if (CHECKOUT / "components" / parts[-1 if len(parts) == 1 else 1]).is_dir() else BASE


def arrows(imported: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the folders that each folder imports."""
    found: dict[str, set[str]] = {}
    for module, targets in imported.items():
        layer = layer_of(module)
        found.setdefault(layer, set()).update(layer_of(target) for target in targets)
        found[layer].discard(layer)
    found["components.catalog"] |= {f"components.{folder}" for folder in MANIFESTS}  # which it loads by their names
    return found


def page() -> str:
    """Return the text of the page: a layer a line, and below it what each folder imports."""
    drawn = arrows(imports(modules()))
    sorter = TopologicalSorter(drawn)
    sorter.prepare()
    levels = []
    while sorter.is_active():
        level = sorted(sorter.get_ready())
        levels.append(level)
        sorter.done(*level)
    lines = ["| layer | folder | imports |", "|---|---|---|"]
    for number, level in reversed(list(enumerate(levels))):
        for folder in level:
            targets = ", ".join(f"`{target}`" for target in sorted(drawn[folder])) or "nothing of the program"
            lines.append(f"| {number} | `{folder}` | {targets} |")
    return INTRODUCTION + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
