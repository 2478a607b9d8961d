"""components/machines/volume.py: where data shall be, and where they are."""

from components.machines.volume import FOLDER, Volume, VolumeArgs


def test_data_are_on_the_disk_of_their_machine_unless_told_otherwise() -> None:
    wanted = VolumeArgs(machine="manager-1")
    assert (wanted.block, wanted.id, wanted.path) == (False, None, None)


def test_a_folder_needs_no_device() -> None:
    volume = Volume(machine="manager-1", path=f"{FOLDER}/nfs")
    assert (volume.device, volume.id) == (None, None)
    assert volume.path == "/var/lib/nuvla-swarm/volumes/nfs"
