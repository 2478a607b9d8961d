"""components/service/image.py: an image, pinned to the digest that its tag had when it was first used."""

from components.service.image import Image, ImageArgs
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value


def image() -> Image:
    return build(lambda: Image("web-image", ImageArgs(image="web:1", manager=machine("manager-1"), service="web")))


def test_preview_shows_the_image_of_the_settings(fake_pulumi: FakePulumi) -> None:
    image()
    assert fake_pulumi.types["web-image"] == "nuvla:service:Image"
    assert fake_pulumi.inputs("web-image") == {"image": "web:1"}
    assert "web-image" in fake_pulumi.finished


def test_image_reference_is_the_digest_that_a_manager_pulls(fake_pulumi: FakePulumi) -> None:
    assert value(image().reference) == "STDOUT:web-image-pull"
    assert fake_pulumi.parameters("web-image-pull") == {"IMAGE": "web:1", "SERVICE": "web"}
    assert fake_pulumi.children("web-image") == {"web-image-pull"}


def test_image_tag_is_looked_up_once(fake_pulumi: FakePulumi) -> None:
    image()
    assert "triggers" not in fake_pulumi.inputs("web-image-pull")


def test_destroying_an_image_runs_no_command(fake_pulumi: FakePulumi) -> None:
    image()
    assert "delete" not in fake_pulumi.inputs("web-image-pull")
