"""The stand-in of ``exoscale`` has the schema that the SDK was made from, and asks for credentials as released."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest

from tests.offline import plugin
from tests.offline.clouds import TOKENS, ZONE, cloud
from tests.offline.commands import refusal
from tests.offline.shapes import Schema, Sdk
from tests.support.rows import rows

SDK = Sdk("pulumiverse_exoscale")


@pytest.fixture(scope="module")
def schema() -> Iterator[Schema]:
    with plugin.running(plugin.standin("exoscale")) as running:
        yield Schema(running.schema())


@rows("token", TOKENS.values())
def test_exoscale_inputs_match_the_release(schema: Schema, token: str) -> None:
    assert schema.shape(token).inputs == SDK.shape(token).inputs


@rows("token", TOKENS.values())
def test_exoscale_outputs_match_the_release(schema: Schema, token: str) -> None:
    assert schema.shape(token).outputs == SDK.shape(token).outputs


def test_exoscale_schema_has_the_version_of_the_sdk(schema: Schema) -> None:
    assert schema.document["version"] == version("pulumiverse_exoscale")


@rows("config, missing", [({}, "key and secret"), ({"key": "EXO1"}, "secret"), ({"secret": "s"}, "key")])
def test_missing_credentials_are_rejected_at_once(config: dict[str, str], missing: str) -> None:
    none = {"EXOSCALE_API_KEY": "", "EXOSCALE_API_SECRET": ""}
    with (
        pytest.raises(grpc.RpcError, match=f"no API {missing} given: set exoscale:key"),
        plugin.running(plugin.standin("exoscale"), none, config),
    ):
        pass


@pytest.mark.engine
def test_wrong_credentials_pass_a_preview_and_fail_at_the_first_call(tmp_path: Path) -> None:
    with cloud(tmp_path, "10.130.0.0/20", {"key": "AKIA1", "secret": "s"}) as wrong:
        inputs = {"description": "of a test"}
        assert wrong.group.preview(inputs)["description"] == "of a test"
        assert "invalid request: Invalid request signature" in refusal(wrong.group.create, inputs)
        assert "invalid request: Invalid request signature" in refusal(wrong.invoke, zone=ZONE, name="any")


@pytest.mark.engine
def test_check_diff_and_preview_call_nothing(tmp_path: Path) -> None:
    with cloud(tmp_path, "10.130.0.0/20") as counted:
        made = counted.make("apart", name="apart")
        assert counted.calls() == ["POST /anti-affinity-group"]
        counted.apart.diff(made, {"name": "other"})
        counted.apart.preview({"name": "other"})
        assert counted.calls() == ["POST /anti-affinity-group"]
        counted.apart.read(made)
        assert counted.calls()[1:] == [f"GET /anti-affinity-group/{made.id}"]


@pytest.mark.engine
def test_template_is_found_by_name_and_by_id(tmp_path: Path) -> None:
    with cloud(tmp_path, "10.130.0.0/20") as found:
        named = found.invoke(zone=ZONE, name="Linux Ubuntu 24.04 LTS 64-bit")
        assert (named["defaultUser"], named["visibility"], named["zone"]) == ("ubuntu", "public", ZONE)
        assert found.invoke(zone=ZONE, id=named["id"])["name"] == "Linux Ubuntu 24.04 LTS 64-bit"
        assert found.calls() == ["GET /template?visibility=public", f"GET /template/{named['id']}"]
        assert "* resource not found" in refusal(found.invoke, zone=ZONE, name="Linux Plan9")
        assert "lookup api-xx-yyy-1.exoscale.com" in refusal(found.invoke, zone="xx-yyy-1", id=named["id"])
        assert "either id or name must be specified" in refusal(found.invoke, zone=ZONE)
