"""components/machines/local/cluster.py: volumes with data of local machines."""

from components.machines.volume import FOLDER, VolumeSpec
from tests.support.fake_pulumi import FakePulumi
from tests.support.local import MARK, cluster
from tests.support.pulumi_run import start


def mounts(fake_pulumi: FakePulumi, name: str) -> dict[str, str]:
    found = fake_pulumi.inputs(name)["volumes"]
    return {volume["containerPath"]: volume["volumeName"] for volume in found}


def test_volume_is_mounted_in_the_machine_that_uses_it(fake_pulumi: FakePulumi) -> None:
    made = cluster(volumes={"nfs": VolumeSpec(machine="worker-2")})
    assert made.volumes["nfs"].path == f"{FOLDER}/nfs"
    assert mounts(fake_pulumi, "worker-2")[f"{FOLDER}/nfs"].startswith("nfs-volume-")
    assert f"{FOLDER}/nfs" not in mounts(fake_pulumi, "worker-1")
    assert fake_pulumi.inputs("nfs-volume")["labels"] == [{"label": "io.nuvla.swarm.data", "value": "nfs"}, *MARK]


def test_kept_volume_is_retained_when_the_cluster_is_destroyed() -> None:
    for keep in (True, False):
        fake_pulumi = start()
        cluster(volumes={"nfs": VolumeSpec(machine="worker-2")}, retain_volumes=keep)
        assert fake_pulumi.options["nfs-volume"].retainOnDelete is keep
        assert not fake_pulumi.options["worker-2-disk"].retainOnDelete


def test_retained_volume_is_imported_once() -> None:
    for adopt, imported in ((["nfs"], "kept-1"), ([], "")):
        fake_pulumi = start()
        cluster(imports=adopt, volumes={"nfs": VolumeSpec(machine="worker-2", id="kept-1")})
        assert fake_pulumi.options["nfs-volume"].importId == imported


def test_volume_ignores_changes_that_would_replace_it() -> None:
    for identity in ("kept-1", None):
        fake_pulumi = start()
        cluster(volumes={"nfs": VolumeSpec(machine="worker-2", id=identity)})
        assert list(fake_pulumi.options["nfs-volume"].ignoreChanges) == ["name", "labels"]
        assert "name" not in fake_pulumi.inputs("nfs-volume")
