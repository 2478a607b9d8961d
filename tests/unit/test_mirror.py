"""Every module of components/ has its file of tests here."""

from pathlib import Path

HERE = Path(__file__).parent
COMPONENTS = HERE.parent.parent / "components"


def test_every_module_has_its_tests() -> None:
    modules = {path.relative_to(COMPONENTS).with_suffix("") for path in COMPONENTS.rglob("*.py")}
    expected = {"test_" + "_".join(module.parts) for module in modules if module.name != "__init__"}
    assert expected == {path.stem for path in HERE.glob("test_*.py")} - {"test_mirror"}
