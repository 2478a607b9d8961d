"""offline/settings.sh: the images that have a stand-in, and no others, are overridden in offline mode."""

import re
import subprocess

from tests.support.checkout import CHECKOUT
from tests.support.stand_ins import IMAGE_KEYS, STAND_INS


def test_offline_settings_override_exactly_the_images_with_a_stand_in() -> None:
    script = CHECKOUT / "offline" / "settings.sh"
    lines = subprocess.run([script], capture_output=True, text=True, check=True).stdout.splitlines()
    stand_ins = {key: image.removeprefix("library/") for key, image in STAND_INS.items() if key in IMAGE_KEYS}
    assert sorted(lines) == sorted(f"images.{key}={image}" for key, image in stand_ins.items())


def test_local_settings_include_the_offline_settings_in_offline_mode_alone() -> None:
    script = (CHECKOUT / "local" / "settings.sh").read_text()
    assert re.findall(r"^if offline; then\n(?:  .*\n)*?  \"\$CHECKOUT/offline/settings.sh\"\nfi$", script, re.MULTILINE)
    assert script.count("images.") == 0


def test_stand_in_image_has_a_tag_and_no_registry() -> None:
    """A registry mirror serves only names without a registry."""
    pattern = r"[a-z-]+/[a-z-]+:(?!latest$)[\w.-]+"
    assert {key: image for key, image in STAND_INS.items() if not re.fullmatch(pattern, image)} == {}
