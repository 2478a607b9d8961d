"""tools/default_images.py: what scripts read."""

from components import catalog
from tools.default_images import lines


def test_each_image_of_the_catalog_has_a_line() -> None:
    assert lines() == [f"{key}={image.reference}" for key, image in catalog.images().items()]


def test_one_key_gives_its_image_alone() -> None:
    assert lines("traefik") == [catalog.images()["traefik"].reference]
    assert lines("no-such-service") == []
