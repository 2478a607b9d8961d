"""The stand-in of ``exoscale`` does what the released plugin does where a program could be misled; without a machine.

Sources, in terraform-provider-exoscale 0.66.0 where no other is named: each test says the file. What they say was seen
with the released plugin 0.66.1 itself, under CLI 3.250, against a simulated API.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.offline.clouds import MACHINE, ZONE, Cloud, cloud
from tests.offline.commands import refusal
from tests.offline.plugin import Made
from tests.support.rows import rows

pytestmark = pytest.mark.engine  # whose leftovers each cloud looks for

NOBODY = "5cae0887-0337-40fe-a2f6-a9fa04fab459"
UNKNOWN_ZONE = "ch-abc-1"
SWITCH = "switch client zone v3: get zone api endpoint: "


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(Path(tmp_path_factory.mktemp("released")), "10.130.144.0/20") as found:
        yield found


@pytest.fixture
def own(whole: Cloud) -> Iterator[Cloud]:
    """Yield a cloud that is empty before and after each test, with an empty log."""
    whole.logged()
    yield whole
    whole.remove_all()
    assert whole.leftovers() == []


@pytest.fixture
def wrong(tmp_path: Path) -> Iterator[Cloud]:
    """Yield a cloud that refuses the API key."""
    with cloud(tmp_path, "10.130.144.0/20", {"key": "AKIA1", "secret": "s"}) as found:
        yield found


def test_imported_volume_lacks_size_and_labels_until_resized(own: Cloud) -> None:
    """block_storage/resource_volume.go, ImportState and Read: what the state does not have is not read."""
    given = {"zone": ZONE, "name": "data", "size": 20, "labels": {"a": "b"}}
    made = own.make("volume", **given)
    imported = own.volume.read(Made(f"{made.id}@{ZONE}", {}, {}))
    assert imported.id == imported.outputs["id"] == made.id
    assert {name for name in imported.inputs if not name.startswith("__")} == {"name", "zone"}
    assert not {"size", "labels"} & imported.outputs.keys()
    assert own.volume.diff(imported, given) == {"size": "ADD", "labels": "ADD"}
    again = own.volume.read(Made(imported.id, imported.inputs, imported.outputs))
    assert not {"size", "labels"} & again.outputs.keys()
    assert own.volume.read(made).outputs["size"] == 20


@pytest.mark.parametrize("size", [20, 10])
def test_volume_resize_only_grows(own: Cloud, size: int) -> None:
    """block_storage/resource_volume.go, Update; egoscale v3.1.27 operations.go, ResizeBlockStorageVolume."""
    given = {"zone": ZONE, "name": "data", "size": 20}
    made = own.make("volume", **given)
    imported = own.volume.read(Made(f"{made.id}@{ZONE}", {}, {}))
    refused = refusal(own.volume.update, imported, given | {"size": size})
    assert refused.startswith("unable to resize block storage volume: ResizeBlockStorageVolume: http response: Bad Req")
    assert own.calls()[-1] == f"PUT /block-storage/{made.id}:resize-volume"
    assert own.volume.update(imported, given | {"size": 30}).outputs["size"] == 30
    assert own.look_up_volume(id=made.id, zone=ZONE)["size"] == 30


def test_volume_update_calls_nothing_for_unchanged_inputs(own: Cloud) -> None:
    """block_storage/resource_volume.go, Update."""
    made = own.make("volume", zone=ZONE, name="data", size=20)
    before = len(own.calls())
    own.volume.update(made, {"zone": ZONE, "name": "data", "size": 20})
    assert own.calls()[before:] == []
    own.volume.update(made, {"zone": ZONE, "name": "other", "size": 20})
    assert own.calls()[before:] == [f"PUT /block-storage/{made.id}"]


def test_missing_volume_is_imported_as_nothing(own: Cloud) -> None:
    """CLI 3.250 takes it for imported, and a refresh drops it: an empty answer is not the one for what is missing.

    Sources: pulumi-terraform-bridge 3.116.0 pkg/pf/tfbridge/provider_read.go; the SDK's provider_server.go.
    """
    assert own.volume.read(Made(f"{NOBODY}@{ZONE}", {}, {})) == Made("", {}, {})
    broken = Made(f"{NOBODY}@{ZONE}", {}, {})
    assert refusal(own.volume.delete, broken) == "unable to parse volume ID: invalid UUID length: 0"


@rows(
    "identity, text",
    [
        (NOBODY, f'unexpected import identifier: Expected import identifier with format: id@zone. Got: "{NOBODY}"'),
        (f"nfs@{ZONE}", "unable to parse volume ID: invalid UUID length: 3"),
        (f"{NOBODY}@{UNKNOWN_ZONE}", f'unable to change exoscale client zone: {SWITCH}find zone: "{UNKNOWN_ZONE}" not'),
    ],
)
def test_volume_import_id_needs_id_and_zone(own: Cloud, identity: str, text: str) -> None:
    """block_storage/resource_volume.go, ImportState and Read."""
    assert refusal(own.volume.read, Made(identity, {}, {})).startswith(text)


def test_missing_volume_is_not_deletable(own: Cloud) -> None:
    """block_storage/resource_volume.go, Delete: only "Volume not attached" is as good as detached."""
    made = own.volume.create({"zone": ZONE, "name": "data"})
    own.volume.delete(made)
    assert own.calls()[-2:] == [f"PUT /block-storage/{made.id}:detach", f"DELETE /block-storage/{made.id}"]
    assert refusal(own.volume.delete, made).startswith("unable to detach volume: DetachBlockStorageVolume: http respo")


def test_volume_lookup_returns_size_and_instance(own: Cloud) -> None:
    """block_storage/datasource_volume.go, Read."""
    made = own.make("volume", zone=ZONE, name="data", size=20)
    found = own.look_up_volume(id=made.id, zone=ZONE)
    assert (found["size"], found.get("instance"), found["name"], found["state"]) == (20, None, "data", "detached")
    for asked in ({"id": NOBODY, "zone": ZONE}, {"id": made.id, "zone": "de-fra-1"}):
        assert refusal(own.look_up_volume, **asked).startswith("unable to get storage volume: GetBlockStorageVolume: ")
    assert refusal(own.look_up_volume, id="x", zone=ZONE) == "unable to parse volume ID: invalid UUID length: 1"


@rows(
    "kind, inputs, text",
    [
        ("elastic", {"zone": ZONE}, 'Post "https://api-ch-gva-2.exoscale.com/v2/elastic-ip": invalid request: Invalid'),
        ("network", {"zone": ZONE}, 'Post "https://api-ch-gva-2.exoscale.com/v2/private-network": invalid request: In'),
        ("apart", {}, 'Post "https://api-ch-gva-2.exoscale.com/v2/anti-affinity-group": invalid request: Invalid requ'),
        ("instance", MACHINE, f"{SWITCH}list zones: ListZones: http response: Forbidden: Invalid request signature"),
        ("volume", {"zone": ZONE}, f"unable to change exoscale client zone: {SWITCH}list zones: ListZones: http respo"),
    ],
)
def test_invalid_api_key_has_the_messages_of_both_clients(
    wrong: Cloud, kind: str, inputs: dict[str, Any], text: str
) -> None:
    """Sources: egoscale v0.102.4 v2/api/middleware.go, v3.1.27 v3/errors.go, v3/client.go; pkg/utils/utils.go."""
    assert text in refusal(getattr(wrong, kind).create, inputs)


@rows(
    "kind, text",
    [
        ("elastic", f"dial tcp: lookup api-{UNKNOWN_ZONE}.exoscale.com on 192.0.2.53:53: no such host"),
        ("network", f"dial tcp: lookup api-{UNKNOWN_ZONE}.exoscale.com on 192.0.2.53:53: no such host"),
        ("instance", f'{SWITCH}find zone: "{UNKNOWN_ZONE}" not found in ListZonesResponse: Not Found'),
    ],
)
def test_unknown_zone_has_the_messages_of_both_clients(own: Cloud, kind: str, text: str) -> None:
    """Source: egoscale v0.102.4 v2/client.go, setEndpointFromContext; egoscale v3.1.27 v3/operations.go, FindZone."""
    given = MACHINE if kind == "instance" else {}
    assert text in refusal(getattr(own, kind).create, given | {"zone": UNKNOWN_ZONE})


def test_unknown_zone_of_a_volume_is_rejected_in_the_preview(own: Cloud) -> None:
    """block_storage/resource_volume.go, Schema: the plugin has a list of zones, pkg/config/config.go."""
    [(path, reason)] = own.volume.failures({"zone": UNKNOWN_ZONE}).items()
    assert path == ""
    assert reason.startswith(
        'Invalid Attribute Value Match. Attribute zone value must be one of: ["ch-gva-2" "ch-dk-2"'
    )
    assert reason.endswith(f'got: "{UNKNOWN_ZONE}".')


def test_older_framework_reports_each_error_twice(own: Cloud) -> None:
    """pulumi-terraform-bridge 3.116.0 pkg/tfshim/sdk-v2/provider2.go: once in its log, once as a list of one."""
    problem = refusal(own.instance.create, MACHINE | {"zone": UNKNOWN_ZONE})
    text = f'{SWITCH}find zone: "{UNKNOWN_ZONE}" not found in ListZonesResponse: Not Found'
    assert problem == f"1 error occurred:\n\t* {text}\n\n"
    assert own.logged() == [f"  sdk-v2/provider2.go:572: sdk.helper_schema: {text}: provider=exoscale@0.66.1"]


def test_protected_instance_is_rejected_by_the_api_alone(own: Cloud) -> None:
    """instance/resource.go, rDelete: nothing is asked before."""
    records = own.folder / "cloud" / "cloud.json"
    own.make("apart", name="apart")
    known = json.loads(records.read_text())
    instance = {"id": NOBODY, "name": "one", "protected": True, "zone": ZONE}
    records.write_text(json.dumps(known | {"instance": {NOBODY: instance}}))
    problem = refusal(own.instance.delete, Made(NOBODY, {}, {"zone": ZONE}))
    records.write_text(json.dumps(known))
    assert problem.startswith(f"deleting {own.instance.urn}: 1 error occurred:\n\t* DeleteInstance: http response: For")
    assert own.calls()[-1] == f"DELETE /instance/{NOBODY}"
