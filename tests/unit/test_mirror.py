"""What has its counterpart elsewhere: modules of components/ their tests, settings of images those of the lab."""

import re
from pathlib import Path

import pytest

from stacks.config.images import Images

HERE = Path(__file__).parent
COMPONENTS = HERE.parent.parent / "components"
LAB = HERE.parent.parent / "lab"


def test_every_module_has_its_tests() -> None:
    modules = {path.relative_to(COMPONENTS).with_suffix("") for path in COMPONENTS.rglob("*.py")}
    expected = {"test_" + "_".join(module.parts) for module in modules if module.name != "__init__"}
    found = {path.stem for path in HERE.glob("test_*.py") if not path.stem.startswith("test_lab_")}
    together = {"test_machines_exoscale_instance", "test_machines_exoscale_storage"}  # parts of one
    assert expected - together == found - {"test_mirror", "test_slices", "test_subnets"}


def test_the_lab_overrides_every_image() -> None:
    loop = re.search(r"for key in (.+); do", (LAB / "settings.sh").read_text())
    assert loop
    assert sorted(loop[1].split()) == sorted(Images.model_fields)


@pytest.mark.parametrize("key", Images.model_fields)
def test_an_image_of_the_lab_has_a_tag_and_no_registry(key: str) -> None:
    """A mirror serves names without a registry only."""
    image = (LAB / "offline" / key / "image").read_text().strip()
    assert re.fullmatch(r"[a-z-]+/[a-z-]+:[\w.-]+", image)
    assert image.rpartition(":")[2] != "latest"
