"""components/kept_outputs.py: outputs that the next run reads, also after an update that failed."""

from typing import Any

import pulumi

from components.kept_outputs import keep_outputs, with_kept_outputs
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

ROOT = "urn:pulumi:dev::nuvla-swarm::"


class Component(pulumi.ComponentResource):
    def __init__(self, outputs: dict[str, Any]):
        super().__init__("nuvla:some:Component", "some")
        first = pulumi.Stash("first", input="")
        keep_outputs(self, outputs, after=[first], of_this_run=first.output)


def resource(kind: str, name: str, **outputs: Any) -> tuple[str, dict[str, Any]]:
    return f"{ROOT}{kind}::{name}", {"type": kind, "outputs": outputs or None}


STASH = resource("pulumi:index:Stash", "some-outputs", input={"id": "last"}, output={"id": "first"})


def filled(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {urn.rpartition("::")[2]: one.get("outputs") for urn, one in with_kept_outputs(resources)}


def test_outputs_are_registered_and_recorded_below_the_component(fake_pulumi: FakePulumi) -> None:
    build(lambda: Component({"id": "one"}))
    assert "some" in fake_pulumi.finished
    assert fake_pulumi.outputs["some-outputs"]["input"] == {"id": "one"}
    assert fake_pulumi.parent("some-outputs") == "some"


def test_record_comes_after_what_makes_it_true(fake_pulumi: FakePulumi) -> None:
    build(lambda: Component({"id": "one"}))
    assert fake_pulumi.dependencies("some-outputs") == {"first"}


def test_component_without_outputs_has_the_last_ones() -> None:
    assert filled(resource("nuvla:some:Component", "some"), STASH)["some"] == {"id": "last"}
    without = (f"{ROOT}nuvla:some:Component::some", {"type": "nuvla:some:Component"})
    assert filled(without, STASH)["some"] == {"id": "last"}


def test_other_resources_stay_as_they_are() -> None:
    of_its_own = resource("nuvla:some:Component", "some", id="own")
    assert filled(of_its_own, STASH)["some"] == {"id": "own"}
    others = [resource("nuvla:some:Component", "other"), resource("docker:index/volume:Volume", "some")]
    assert [filled(one, STASH)[name] for one, name in zip(others, ("other", "some"), strict=True)] == [None, None]


def test_record_that_was_never_written_is_none() -> None:
    never = resource("pulumi:index:Stash", "some-outputs")
    assert filled(resource("nuvla:some:Component", "some"), never)["some"] is None
