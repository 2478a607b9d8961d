"""components/machines/exoscale/block_storage.py: volumes of instances on Exoscale."""

from typing import Any

import pytest

from components.machines.volume import VolumeSpec
from tests.support.exoscale import LABELS, cluster, names
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import start, value

VOLUME = "5b0c3f6a-1111-4222-8333-944444444444"


def test_block_storage_is_attached_to_its_machine_and_found_by_its_id(fake_pulumi: FakePulumi) -> None:
    volumes = {
        "nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30),
        "db": VolumeSpec(machine="worker-1", block=True, size_gib=40),
        "grafana": VolumeSpec(machine="manager-1"),
    }
    made = cluster(volumes=volumes)
    assert fake_pulumi.inputs("worker-1")["blockStorageVolumeIds"] == ["nfs-volume-id", "db-volume-id"]
    assert fake_pulumi.inputs("nfs-volume")["size"] == 30
    assert fake_pulumi.inputs("nfs-volume")["zone"] == "ch-gva-2"
    assert fake_pulumi.inputs("nfs-volume")["labels"] == LABELS
    volume = made.volumes["nfs"]
    assert (volume.machine, volume.path) == ("worker-1", "/var/lib/nuvla-swarm/volumes/nfs")
    assert value(volume.id) == "nfs-volume-id"
    assert value(volume.device) == "/dev/disk/by-id/virtio-nfs-volume-id"
    assert list(made.volumes) == ["nfs", "db", "grafana"]


def test_device_name_has_the_first_twenty_characters_of_the_id(
    fake_pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FakePulumi.new_resource

    def as_exoscale(self: FakePulumi, given: Any) -> Any:
        identity, outputs = known(self, given)
        return (VOLUME if given.name == "nfs-volume" else identity), outputs

    monkeypatch.setattr(FakePulumi, "new_resource", as_exoscale)
    made = cluster(volumes={"nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30)})
    assert value(made.volumes["nfs"].device) == "/dev/disk/by-id/virtio-5b0c3f6a-1111-4222-8"


def test_volume_without_block_storage_is_a_folder_of_the_disk(fake_pulumi: FakePulumi) -> None:
    made = cluster(volumes={"nfs": VolumeSpec(machine="worker-1")}).volumes["nfs"]
    assert (made.machine, made.path, made.id, made.device) == (
        "worker-1",
        "/var/lib/nuvla-swarm/volumes/nfs",
        None,
        None,
    )
    assert not names(fake_pulumi, "exoscale:index/blockStorageVolume:BlockStorageVolume")


def test_kept_block_storage_is_retained_when_the_cluster_is_destroyed() -> None:
    for keep in (True, False):
        fake_pulumi = start()
        cluster(retain_volumes=keep, volumes={"nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30)})
        assert fake_pulumi.options["nfs-volume"].retainOnDelete is keep
        assert not fake_pulumi.options["worker-1"].retainOnDelete


def test_retained_block_storage_is_imported_once_and_never_changed() -> None:
    """After a change Pulumi would lose the imported id, and delete the volume as the original of another import."""
    volumes = {"nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30, id=VOLUME)}
    for adopt, imported in ((["nfs"], f"{VOLUME}@ch-gva-2"), ([], "")):
        fake_pulumi = start()
        cluster(imports=adopt, volumes=volumes)
        request = fake_pulumi.options["nfs-volume"]
        assert request.importId == imported
        assert list(request.ignoreChanges) == ["name", "labels", "size"]


def test_new_block_storage_is_never_changed(fake_pulumi: FakePulumi) -> None:
    cluster(volumes={"nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30)})
    assert list(fake_pulumi.options["nfs-volume"].ignoreChanges) == ["name", "labels", "size"]


def test_volume_has_the_size_of_its_block_storage(fake_pulumi: FakePulumi) -> None:
    volumes = {
        "nfs": VolumeSpec(machine="worker-1", block=True, size_gib=30),
        "grafana": VolumeSpec(machine="worker-1"),
    }
    assert {name: volume.size_gib for name, volume in cluster(volumes=volumes).volumes.items()} == {
        "nfs": 30,
        "grafana": 0,
    }
