"""components/storage/data_folder.py: a folder with data on a machine."""

from typing import Any

import pulumi

from components.machines.volume import Moves, VolumeLocation
from components.storage.data_folder import DataFolder, DataFolderArgs
from tests.support.builders import another, machine
from tests.support.fake_pulumi import FakePulumi
from tests.support.pulumi_run import build

FOLDER = "nfs-data-folder"


def data(*, keep: bool = False, device: str | None = None, **changed: Any) -> DataFolder:
    def make() -> DataFolder:
        if device:
            changed.update(device=pulumi.Output.from_input(device), id=pulumi.Output.from_input("1"))
        volume = VolumeLocation(**({"machine": "worker-1", "path": "/data/nfs"} | changed))
        args = DataFolderArgs(
            volume=volume,
            machine=machine("worker-1", root=another("root")),
            owner="65534:65534",
            depends_on=another("installed"),
            retain=keep,
        )
        return DataFolder("nfs-data", args)

    return build(make)


def test_preview_shows_path_machine_and_owner(fake_pulumi: FakePulumi) -> None:
    assert data().path == "/data/nfs"
    assert fake_pulumi.types["nfs-data"] == "nuvla:storage:DataVolume"
    assert fake_pulumi.inputs("nfs-data") == {"machine": "worker-1", "path": "/data/nfs", "owner": "65534:65534"}
    assert "nfs-data" in fake_pulumi.finished


def test_folder_is_created_for_its_owner_after_the_installation(fake_pulumi: FakePulumi) -> None:
    data()
    assert fake_pulumi.parameters(FOLDER) == {"FOLDER": "/data/nfs", "DEVICE": "", "SIZE_GIB": ""} | {
        "OWNER": "65534:65534",
        "FORMER": "",
    }
    assert fake_pulumi.dependencies(FOLDER) == {"installed"}
    assert fake_pulumi.outputs["nfs-data"] == {"path": "/data/nfs", "machine": "worker-1"}


def test_device_is_mounted_on_the_folder(fake_pulumi: FakePulumi) -> None:
    data(device="/dev/disk/by-id/virtio-1", size_gib=20)
    assert fake_pulumi.parameters(FOLDER)["DEVICE"] == "/dev/disk/by-id/virtio-1"
    assert fake_pulumi.parameters(FOLDER)["SIZE_GIB"] == "20"


def test_new_machine_disk_or_volume_is_prepared_again(fake_pulumi: FakePulumi) -> None:
    data(id=pulumi.Output.from_input("volume-1"))
    assert fake_pulumi.triggers(FOLDER) == ["worker-1-root", "worker-1-disk", "volume-1"]


def test_moved_volume_is_mounted_again(fake_pulumi: FakePulumi) -> None:
    data(moves=Moves(count=pulumi.Output.from_input("2"), record=pulumi.Resource.__new__(pulumi.Resource)))
    assert fake_pulumi.triggers(FOLDER) == ["worker-1-root", "worker-1-disk", "2"]


def test_destroying_a_folder_keeps_its_data(fake_pulumi: FakePulumi) -> None:
    data()
    assert "delete" not in fake_pulumi.inputs(FOLDER)


def test_device_is_unmounted_before_its_machine_is_replaced(fake_pulumi: FakePulumi) -> None:
    data(device="/dev/disk/by-id/virtio-1")
    assert fake_pulumi.inputs(FOLDER)["delete"] == "bash -s -- release"
    assert fake_pulumi.replaced_with(FOLDER) == {"root"}
    assert fake_pulumi.deleted_with(FOLDER) == "root"


def test_kept_device_is_unmounted_before_its_machine_is_destroyed(fake_pulumi: FakePulumi) -> None:
    data(keep=True, device="/dev/disk/by-id/virtio-1")
    assert fake_pulumi.deleted_with(FOLDER) == ""
