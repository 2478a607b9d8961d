"""components/service/spec.py: descriptions of services, with neither secrets nor unknown values in their text."""

import pulumi

from components import assets
from components.service.spec import File, HealthCheck
from tests.support.builders import network, service
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build


def test_service_text_has_neither_outputs_nor_file_contents(fake_pulumi: FakePulumi) -> None:
    text = build(lambda: repr(service(image=pulumi.Output.from_input("web:1"))))
    assert "Output" not in text
    assert "a: 1" not in text


def test_service_text_is_stable(fake_pulumi: FakePulumi) -> None:
    one = build(lambda: repr(service(networks=[network("one")])))
    other = build(lambda: repr(service(networks=[network("other")])))
    assert one == other


def test_descriptions_are_immutable_values() -> None:
    assert File(name="a", path="/a", content="") == File(name="a", path="/a", content="")
    assert hash(HealthCheck(command=("a",))) == hash(HealthCheck(command=("a",)))


def test_copied_file_has_the_content_of_its_source() -> None:
    content = assets.read("s3/files/start.sh")
    assert File.copy("s3/files/start.sh", "start", "/start.sh") == File(name="start", path="/start.sh", content=content)
