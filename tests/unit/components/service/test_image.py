"""components/service/image.py: an image, pinned to the digest that its tag had when it was first used."""

import json

import pulumi

from components.service.image import Image, ImageArgs
from components.service.registry_login import RegistryLogin, RegistryLoginArgs
from tests.support.builders import machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build, value


def with_login() -> None:
    def make() -> Image:
        login = RegistryLogin(
            RegistryLoginArgs(server="registry:5000", username="puller", password=pulumi.Output.secret("WORD"))
        )
        args = ImageArgs(image="registry:5000/web:1", manager=machine("manager-1"), service="web", login=login)
        return Image("web-image", args)

    build(make)


def image() -> Image:
    return build(lambda: Image("web-image", ImageArgs(image="web:1", manager=machine("manager-1"), service="web")))


def test_preview_shows_the_image_of_the_settings(fake_pulumi: FakePulumi) -> None:
    image()
    assert fake_pulumi.types["web-image"] == "nuvla:service:Image"
    assert fake_pulumi.inputs("web-image") == {"image": "web:1"}
    assert "web-image" in fake_pulumi.finished


def test_image_reference_is_the_digest_that_a_manager_pulls(fake_pulumi: FakePulumi) -> None:
    assert value(image().reference) == "STDOUT:web-image-pull"
    assert fake_pulumi.parameters("web-image-pull") == {
        "IMAGE": "web:1",
        "SERVICE": "web",
        "CLIENT_CONFIG": "",
        "LOGIN_HEADER": "",
    }
    assert fake_pulumi.children("web-image") == {"web-image-pull"}


def test_image_tag_is_looked_up_once(fake_pulumi: FakePulumi) -> None:
    image()
    assert "triggers" not in fake_pulumi.inputs("web-image-pull")


def test_destroying_an_image_runs_no_command(fake_pulumi: FakePulumi) -> None:
    image()
    assert "delete" not in fake_pulumi.inputs("web-image-pull")


def test_private_image_is_pulled_with_a_login_of_which_only_the_username_is_shown(fake_pulumi: FakePulumi) -> None:
    with_login()
    assert fake_pulumi.inputs("web-image") == {"image": "registry:5000/web:1", "username": "puller"}
    assert fake_pulumi.is_secret("web-image-pull", "stdin")
    told = fake_pulumi.parameters("web-image-pull")
    assert json.loads(told["CLIENT_CONFIG"])["auths"].keys() == {"registry:5000"}
    assert told["LOGIN_HEADER"].startswith("X-Registry-Auth: ")
    command = fake_pulumi.inputs("web-image-pull")
    assert not [word for key in ("create", "update") for word in ("WORD", "puller") if word in command.get(key, "")]
