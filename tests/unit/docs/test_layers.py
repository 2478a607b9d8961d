"""docs/layers.py: imports go one way, and the drawing of them is the one that developers know."""

from graphlib import TopologicalSorter

from docs import layers


def test_modules_import_each_other_one_way() -> None:
    """Also where only the type checker reads the import: `static_order` raises for a circle, and names it."""
    imported = layers.imports(layers.modules())
    assert set(TopologicalSorter(imported).static_order()) == set(imported)


def test_folders_import_each_other_one_way() -> None:
    drawn = layers.arrows(layers.imports(layers.modules()))
    assert set(TopologicalSorter(drawn).static_order()) == set(drawn)


def test_each_arrow_between_folders_is_drawn() -> None:
    new = [line for line in layers.page().splitlines() if line not in layers.PAGE.read_text().splitlines()]
    assert not new, "\n".join(
        ["these arrows are not in docs/develop/layers.md; if they belong, run `python -m docs.layers`:", *new]
    )
    assert layers.page() == layers.PAGE.read_text(), "an arrow has gone: run `python -m docs.layers`"


def test_components_import_no_settings_of_stacks() -> None:
    drawn = layers.arrows(layers.imports(layers.modules()))
    above = {"__main__", "stacks", "tools", "bench", "docs"}
    wrong = {layer: sorted(targets & above) for layer, targets in drawn.items() if layer.startswith("components")}
    assert {layer: targets for layer, targets in wrong.items() if targets} == {}


def test_modules_have_at_most_200_lines_and_at_least_15() -> None:
    """A package's face, `__init__.py`, may be short."""
    lines = {name: len(path.read_text().splitlines()) for name, path in layers.modules().items()}
    faces = {name for name, path in layers.modules().items() if path.name in ("__init__.py", "__main__.py")}
    wrong = {name: count for name, count in lines.items() if count > 200 or (count < 15 and name not in faces)}
    assert not wrong, f"split or join these modules: {wrong}"
