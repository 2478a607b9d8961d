"""stacks/guard.py and stacks/state.py: what a state has is not destroyed by settings that do not say so."""

from typing import Any

import pytest

from components.machines.volume import VolumeArgs
from stacks import guard, state
from stacks.state import Resource

BLOCK, LOCAL = "exoscale:index/blockStorageVolume:BlockStorageVolume", "docker:index/volume:Volume"
INSTANCE = "exoscale:index/computeInstance:ComputeInstance"
OWN, OTHER = "5b0c3f6a-1111-4222-8333-944444444444", "5b0c3f6a-2222-4222-8333-944444444444"


def wanted(**changed: Any) -> dict[str, VolumeArgs]:
    given: dict[str, Any] = {"machine": "manager-1", "block": True, "size_gib": 20}
    return {"nfs": VolumeArgs(**(given | changed))}


def left(kind: str = BLOCK, name: str = "nfs-volume", **outputs: Any) -> Resource:
    return Resource(kind, name, outputs)


@pytest.mark.parametrize("kind", [BLOCK, LOCAL])
def test_a_volume_is_imported_only_while_the_state_has_none(kind: str) -> None:
    assert guard.adopted(wanted(id=OWN), []) == (["nfs"], [])
    assert guard.adopted(wanted(id=OWN), [left(kind, id=OWN)]) == ([], [])
    assert guard.adopted(wanted(id=OWN), [left(kind, "db-volume", id=OWN)]) == (["nfs"], [])
    assert guard.adopted(wanted(), [left(kind, id=OWN)]) == ([], [])
    assert guard.adopted(wanted(id=OWN), [left(LOCAL, "manager-1-disk", id=OWN)]) == (["nfs"], [])


@pytest.mark.parametrize("kind", [BLOCK, LOCAL])
def test_another_id_is_refused_as_the_own_volume_would_be_deleted_for_it(kind: str) -> None:
    due, [line] = guard.adopted(wanted(id=OTHER), [left(kind, id=OWN)])
    assert due == []
    assert line.startswith(f"volumes.nfs.id: {OTHER} given; allowed: {OWN}, which this infrastructure has, or none; to")


def test_a_volume_that_a_failed_import_left_in_the_state_has_to_go_first() -> None:
    due, [line] = guard.adopted(wanted(id=OWN), [left()])
    assert due == []
    assert "allowed: nothing before a `pulumi refresh`" in line


def test_block_storage_cannot_follow_its_machine_into_another_zone() -> None:
    known, zones = [left(id=OWN, zone="ch-gva-2")], {"manager-1": "at-vie-1"}
    [line] = guard.placed(wanted(), zones, known)
    assert line.startswith("volumes.nfs: on manager-1, which is in zone at-vie-1; allowed: a machine in ch-gva-2")
    assert not [*guard.placed(wanted(), {"manager-1": "ch-gva-2"}, known)]
    assert not [*guard.placed(wanted(), zones, [])]
    assert not [*guard.placed(wanted(block=False), zones, known)]


def test_block_storage_is_in_a_zone_that_the_plugin_knows() -> None:
    [line] = guard.placed(wanted(), {"manager-1": "ch-abc-1"}, [])
    assert line.startswith("volumes.nfs: on manager-1, which is in zone ch-abc-1; allowed on block storage: ch-gva-2, ")
    assert not [*guard.placed(wanted(block=False), {"manager-1": "ch-abc-1"}, [])]


def test_what_the_last_update_protected_is_not_left_out() -> None:
    protected = Resource(state.CLUSTER, "cluster", {"protected": ["worker-1", "worker-2", "gone", "nfs-volume"]})
    known = [protected, *(left(INSTANCE, name) for name in ("worker-1", "worker-2", "worker-3")), left()]
    assert not [*guard.lost(["worker-1", "worker-2", "nfs-volume"], known)]
    [line] = guard.lost(["worker-1"], known)
    assert line.startswith("machines: worker-2, nfs-volume would be destroyed, and protected by the last update; allow")
    assert not [*guard.lost([], known[1:])]
