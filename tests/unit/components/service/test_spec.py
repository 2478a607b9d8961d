"""components/service/spec.py: a description of services without anything secret or unknown in its text."""

import pulumi

from components.service.spec import File, HealthCheck
from tests.support.builders import network, service
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build


def test_the_text_of_a_description_has_no_output_and_no_content(fake_pulumi: FakePulumi) -> None:
    text = build(lambda: repr(service(image=pulumi.Output.from_input("web:1"))))
    assert "Output" not in text
    assert "a: 1" not in text


def test_the_text_of_a_description_is_the_same_each_time(fake_pulumi: FakePulumi) -> None:
    one = build(lambda: repr(service(networks=[network("one")])))
    other = build(lambda: repr(service(networks=[network("other")])))
    assert one == other


def test_descriptions_can_be_changed_only_by_making_another() -> None:
    assert File(name="a", path="/a", content="") == File(name="a", path="/a", content="")
    assert hash(HealthCheck(command=("a",))) == hash(HealthCheck(command=("a",)))
