"""Stand-ins that offline mode has for the images of services."""

import subprocess
from functools import cache

import pytest

from stacks.config.settings import Settings
from tests.support.checkout import CHECKOUT

IMAGE_KEYS = tuple(type(Settings.model_fields["images"].default).model_fields)  # of the settings `images`
STAND_INS = {path.parent.name: path.read_text().strip() for path in sorted(CHECKOUT.glob("offline/images/*/image"))}


@cache
def is_offline() -> bool:
    """Return whether images come from stand-ins instead of public registries."""
    script = "source tools/lib.sh && offline"
    return subprocess.run(["bash", "-c", script], cwd=CHECKOUT, capture_output=True, check=False).returncode == 0


def images_without_stand_in() -> list[str]:
    """Return the keys of the settings `images` that have no stand-in."""
    return [key for key in IMAGE_KEYS if key not in STAND_INS]


def skip_without_stand_in(*keys: str) -> None:
    """Skip the running test in offline mode if an image that it starts has no stand-in.

    Without `keys` the test starts the images of all services.
    """
    wanted = keys or IMAGE_KEYS
    missing = [key for key in images_without_stand_in() if key in wanted]
    if missing and is_offline():
        pytest.skip(
            f"no stand-in for {', '.join(missing)} in offline/images, and offline mode reaches no public registry"
        )
