"""components/service/image.py: an image, pinned to what its tag meant when it was first used."""

from components.service.image import Image, ImageArgs
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value


def image() -> Image:
    return build(lambda: Image("web-image", ImageArgs(image="web:1", manager=machine("manager-1"), service="web")))


def test_it_shows_the_image_as_the_settings_name_it(fake_pulumi: FakePulumi) -> None:
    image()
    assert fake_pulumi.types["web-image"] == "nuvla:service:Image"
    assert fake_pulumi.inputs("web-image") == {"image": "web:1"}
    assert "web-image" in fake_pulumi.finished


def test_it_is_what_a_manager_found_in_the_registry(fake_pulumi: FakePulumi) -> None:
    assert value(image().reference) == "STDOUT:web-image-pull"
    assert fake_pulumi.parameters("web-image-pull") == {"IMAGE": "web:1", "SERVICE": "web"}
    assert fake_pulumi.children("web-image") == {"web-image-pull"}


def test_its_tag_is_looked_up_only_once(fake_pulumi: FakePulumi) -> None:
    image()
    assert "triggers" not in fake_pulumi.inputs("web-image-pull")


def test_destroying_it_needs_no_machine(fake_pulumi: FakePulumi) -> None:
    image()
    assert "delete" not in fake_pulumi.inputs("web-image-pull")
