"""components/service/image.py: an image, pinned to what its tag meant when it was first used."""

from components.service.image import Image, ImageArgs
from tests.mocked import Engine, build, value
from tests.unit.parts import machine


def image() -> Image:
    return build(lambda: Image("web-image", ImageArgs(image="web:1", manager=machine("manager-1"), service="web")))


def test_it_shows_the_image_as_the_settings_name_it(engine: Engine) -> None:
    image()
    assert engine.types["web-image"] == "nuvla:service:Image"
    assert engine.inputs("web-image") == {"image": "web:1"}
    assert "web-image" in engine.finished


def test_it_is_what_a_manager_found_in_the_registry(engine: Engine) -> None:
    assert value(image().reference) == "STDOUT:web-image-pull"
    assert engine.parameters("web-image-pull") == {"IMAGE": "web:1", "SERVICE": "web"}
    assert engine.children("web-image") == {"web-image-pull"}


def test_its_tag_is_looked_up_only_once(engine: Engine) -> None:
    image()
    assert "triggers" not in engine.inputs("web-image-pull")


def test_destroying_it_needs_no_machine(engine: Engine) -> None:
    image()
    assert "delete" not in engine.inputs("web-image-pull")
