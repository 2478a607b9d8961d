"""components/machines/volume.py: the place where data are wanted, and the place where they are."""

from components.machines.volume import FOLDER, VolumeLocation, VolumeSpec


def test_volume_is_on_the_machines_own_disk_by_default() -> None:
    wanted = VolumeSpec(machine="manager-1")
    assert (wanted.block, wanted.id, wanted.path) == (False, None, None)


def test_volume_in_a_folder_has_no_device() -> None:
    volume = VolumeLocation(machine="manager-1", path=f"{FOLDER}/nfs")
    assert (volume.device, volume.id) == (None, None)
    assert volume.path == "/var/lib/nuvla-swarm/volumes/nfs"
