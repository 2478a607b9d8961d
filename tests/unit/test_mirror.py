"""tests/unit mirrors the code: the tests of `<folder>/<module>.py` are in `tests/unit/<folder>/test_<module>.py`.

Tests of one aspect of a module may be in a further file, `test_<module>_<aspect>.py`.

Four kinds of modules need no unit tests, because other tests cover them: modules that only declare values, models of
settings (tests/settings), dashboards (tests/files), and modules of stacks/, which compose components to whole programs
(tests/program).
"""

import ast
from pathlib import Path

from tests.support.checkout import CHECKOUT

UNIT = CHECKOUT / "tests" / "unit"
TESTED = ("components", "tools")  # each module needs unit tests
ALLOWED = (*TESTED, "stacks", "bench", "docs", "offline", "local", "tests")  # unit tests may mirror these folders


def place_of_tests(module: Path) -> Path:
    """Return where the tests of a module belong, relative to tests/unit."""
    return module.with_name(f"test_{module.stem.strip('_')}.py")


def is_declaration(statement: ast.stmt) -> bool:
    """Return whether a statement only declares: an import, a constant, or a class without methods."""
    if isinstance(statement, ast.ClassDef):
        return all(is_declaration(part) for part in statement.body)
    return isinstance(statement, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr | ast.Pass)


def is_exempt(module: Path) -> bool:
    """Return whether a module only declares values, has models of settings, or is a dashboard."""
    statements = ast.parse(module.read_text()).body
    imported = {name.module for name in statements if isinstance(name, ast.ImportFrom)}
    return (
        all(is_declaration(statement) for statement in statements)
        or "pydantic" in imported
        or module.stem == "dashboard"
    )


def modules_of(name: str) -> list[str]:
    """Return the modules that `test_<name>.py` may test: `<name>` may go on with an aspect of the module."""
    words = name.split("_")
    stems = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return [pattern for stem in stems for pattern in (f"{stem}.py", f"__{stem}__.py", f"{stem}.sh")]


def missing_tests(checkout: Path) -> list[str]:
    """Return a line for each module that needs unit tests and has none."""
    modules = (path for folder in TESTED for path in sorted(checkout.glob(f"{folder}/**/*.py")))
    wanted = {
        path.relative_to(checkout): place_of_tests(path.relative_to(checkout))
        for path in modules
        if not is_exempt(path)
    }
    unit = checkout / "tests" / "unit"
    return [
        f"{module} has no tests: write tests/unit/{file}"
        for module, file in wanted.items()
        if not (unit / file).exists()
    ]


def misplaced_tests(checkout: Path) -> list[str]:
    """Return a line for each test file without a module, with the modules of that name."""
    unit = checkout / "tests" / "unit"
    lines = []
    for file in sorted(unit.glob("*/**/test_*.py")):
        place, name = file.relative_to(unit).parent, file.stem.removeprefix("test_")
        if place.parts[0] in ALLOWED and any((checkout / place / module).exists() for module in modules_of(name)):
            continue
        same = [
            path.relative_to(checkout) for folder in ALLOWED for path in sorted(checkout.glob(f"{folder}/**/{name}.py"))
        ]
        where = " or ".join(f"tests/unit/{place_of_tests(path)}" for path in same) or "where its module is"
        lines.append(f"tests/unit/{file.relative_to(unit)} has no module {place / name}.py: move the file to {where}")
    return lines


def test_module_of_a_component_or_tool_has_unit_tests() -> None:
    problems = missing_tests(CHECKOUT)
    assert not problems, "\n".join(problems)


def test_unit_tests_are_where_their_module_is() -> None:
    problems = misplaced_tests(CHECKOUT)
    assert not problems, "\n".join(problems)


def test_messages_say_where_tests_belong(tmp_path: Path) -> None:
    sources = {
        "components/shop/stack.py": "def f() -> int:\n    return 1\n",
        "components/shop/ports.py": "import os\n\n\nclass Port:\n    number: int = 1\n\n\nPORTS = [1]\n",
        "components/shop/settings.py": "from pydantic import Field\n\n\ndef f() -> int:\n    return 1\n",
        "tools/repair/__main__.py": "def f() -> int:\n    return 1\n",
        "tests/unit/components/shop/test_settings.py": "",
        "tests/unit/components/sold/test_stack.py": "",
        "tests/unit/tools/test_nothing.py": "",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert missing_tests(tmp_path) == [
        "components/shop/stack.py has no tests: write tests/unit/components/shop/test_stack.py",
        "tools/repair/__main__.py has no tests: write tests/unit/tools/repair/test_main.py",
    ]
    assert misplaced_tests(tmp_path) == [
        "tests/unit/components/sold/test_stack.py has no module components/sold/stack.py: "
        "move the file to tests/unit/components/shop/test_stack.py",
        "tests/unit/tools/test_nothing.py has no module tools/nothing.py: move the file to where its module is",
    ]
