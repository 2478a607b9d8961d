"""Block storage of the stand-in of ``exoscale`` on its machines: attached, pulled out, lost and grown as on Exoscale.

Source where no other is named: terraform-provider-exoscale 0.66.0, ``pkg/resources/instance/resource.go``.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest

from tests.offline.clouds import MACHINE, ZONE, Cloud, cloud, docker
from tests.offline.commands import refusal
from tests.offline.instances import Instance, kept
from tests.offline.plugin import Made

pytestmark = [pytest.mark.slow, pytest.mark.engine, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(Path(tmp_path_factory.mktemp("disks")), "10.130.160.0/20") as found:
        yield found


@pytest.fixture(scope="module")
def one(whole: Cloud) -> Instance:
    found = Instance(whole, name="one", securityGroupIds=[])
    found.wait("systemctl", "is-active", "ssh")
    return found


@pytest.fixture(scope="module")
def two(whole: Cloud) -> Instance:
    return Instance(whole, name="two", securityGroupIds=[])


@pytest.fixture
def volume(whole: Cloud, one: Instance, two: Instance) -> Iterator[Made]:
    """A new one, attached to nobody before and after."""
    made = whole.make("volume", zone=ZONE, name="data", size=1)
    yield made
    for machine in (one, two):
        machine.on("bash", "-c", "! mountpoint --quiet /data || umount /data; sed -i '/data/d' /etc/fstab")
        if machine.given.get("blockStorageVolumeIds"):
            machine.change(blockStorageVolumeIds=[])


def device(volume: Made) -> str:
    return f"/dev/disk/by-id/virtio-{volume.id[:20]}"


def mount(machine: Instance, volume: Made) -> None:
    """Attached, formatted, mounted at /data, also at each boot."""
    machine.change(blockStorageVolumeIds=[volume.id])
    machine.on("mkfs.ext4", "-q", device(volume))
    uuid = machine.on("blkid", "-o", "value", "-s", "UUID", device(volume))
    options = "nofail,x-systemd.required-by=standin-user.service"
    machine.on("bash", "-ec", f"mkdir -p /data; echo UUID={uuid} /data ext4 {options} 0 2 >>/etc/fstab; mount /data")


def test_volume_attaches_to_one_instance_only(whole: Cloud, one: Instance, two: Instance, volume: Made) -> None:
    assert volume.outputs["state"] == "detached"
    one.change(blockStorageVolumeIds=[volume.id])
    refused = refusal(whole.instance.update, two.made, two.given | {"blockStorageVolumeIds": [volume.id]})
    assert "* unable to parse attached instance ID: AttachBlockStorageVolumeToInstance: http response: Conf" in refused
    assert whole.volume.read(volume).outputs["state"] == "attached"


def test_failed_attach_in_an_update_is_never_repeated(whole: Cloud, one: Instance, two: Instance, volume: Made) -> None:
    """The state has what was planned (rUpdate, d.HasChange): neither an update nor a refresh finds a difference."""
    one.change(blockStorageVolumeIds=[volume.id])
    wanted = two.given | {"blockStorageVolumeIds": [volume.id], "labels": {"a": "b"}}
    with pytest.raises(grpc.RpcError) as refused:
        whole.instance.update(two.made, wanted)
    half = kept(refused.value)
    assert half.outputs["blockStorageVolumeIds"] == [volume.id]
    one.change(blockStorageVolumeIds=[])
    assert whole.instance.diff(half, wanted) == {}
    calls = len(whole.calls())
    again = whole.instance.update(half, wanted)
    assert whole.calls()[calls:] == [f"PUT /instance/{two.made.id}:remove-protection"]
    assert again.outputs["blockStorageVolumeIds"] == [volume.id]
    assert whole.instance.read(again).outputs["blockStorageVolumeIds"] == [volume.id]
    assert whole.volume.read(volume).outputs["state"] == "detached"
    two.made = whole.instance.update(again, two.given)  # "Volume not attached" is as good as detached
    two.change(blockStorageVolumeIds=[volume.id])
    assert whole.volume.read(volume).outputs["state"] == "attached"


def test_failed_attach_in_a_creation_is_never_repeated(whole: Cloud, one: Instance, volume: Made) -> None:
    """rCreate: the instance is there, and protected already."""
    one.change(blockStorageVolumeIds=[volume.id])
    wanted = MACHINE | {"name": "three", "blockStorageVolumeIds": [volume.id], "destroyProtected": True}
    with pytest.raises(grpc.RpcError) as refused:
        whole.instance.create(wanted)
    half = kept(refused.value)
    try:
        assert f"PUT /instance/{half.id}:add-protection" in whole.calls()
        assert "publicIpAddress" not in half.outputs
        one.change(blockStorageVolumeIds=[])
        half = whole.instance.update(half, wanted | {"destroyProtected": False})
        assert half.outputs["publicIpAddress"]
        assert whole.volume.read(volume).outputs["state"] == "detached"
    finally:
        whole.instance.delete(half)


def test_volumes_attach_before_others_detach_and_before_other_changes(whole: Cloud, one: Instance) -> None:
    """rUpdate: volumes, elastic IPs, private networks, groups, power, protection."""
    old, new = (whole.make("volume", zone=ZONE, name=name, size=1) for name in ("old", "new"))
    elastic, group = whole.make("elastic", zone=ZONE), whole.make("group", name="order")
    one.change(blockStorageVolumeIds=[old.id])
    calls = len(whole.calls())
    one.change(
        blockStorageVolumeIds=[new.id], elasticIpIds=[elastic.id], securityGroupIds=[group.id], labels={"a": "b"}
    )
    assert whole.calls()[calls:] == [
        f"PUT /instance/{one.made.id}",
        f"PUT /block-storage/{new.id}:attach",
        f"PUT /block-storage/{old.id}:detach",
        f"PUT /elastic-ip/{elastic.id}:attach",
        f"PUT /security-group/{group.id}:attach",
        f"PUT /instance/{one.made.id}:remove-protection",
    ]
    one.change(blockStorageVolumeIds=[], elasticIpIds=[], securityGroupIds=[], labels={})


def test_detached_volume_disappears_under_its_mount(whole: Cloud, one: Instance, two: Instance, volume: Made) -> None:
    """A running instance is not asked: what was written to the disk is there, what was not never is."""
    mount(one, volume)
    one.on("bash", "-ec", "echo synced >/data/synced; sync -f /data; echo lost >/data/lost")
    assert one.on("cat", "/data/lost") == "lost"
    one.change(blockStorageVolumeIds=[])
    assert "No such file or directory" in one.on("bash", "-c", f"ls {device(volume)} 2>&1 || true")
    assert one.on("findmnt", "--noheadings", "--output=TARGET", "/data") == "/data"  # nobody unmounts it
    for command in ("cat /data/synced", "echo x >/data/new"):
        assert "Input/output error" in one.on("bash", "-c", f"({command}) 2>&1 || true")
    two.change(blockStorageVolumeIds=[volume.id])
    two.on("bash", "-ec", f"mkdir -p /data; mount {device(volume)} /data")
    assert two.on("ls", "--ignore=lost+found", "/data") == "synced"
    two.on("bash", "-ec", "echo of two >/data/two; sync -f /data")
    one.on("umount", "/data")
    one.on("sync")
    assert two.on("cat", "/data/synced", "/data/two") == "synced\nof two"


def test_unmounted_volume_loses_nothing_when_detached(one: Instance, two: Instance, volume: Made) -> None:
    mount(one, volume)
    one.on("bash", "-ec", "echo kept >/data/file; umount /data")
    one.change(blockStorageVolumeIds=[])
    two.change(blockStorageVolumeIds=[volume.id])
    two.on("bash", "-ec", f"mkdir -p /data; mount {device(volume)} /data")
    assert two.on("cat", "/data/file") == "kept"


def test_running_instance_is_deleted_without_a_shutdown(whole: Cloud, two: Instance, volume: Made) -> None:
    """rDelete: neither stopped nor asked to unmount, so that what was not written to its volumes is lost."""
    doomed = Instance(whole, name="doomed", securityGroupIds=[])
    mount(doomed, volume)
    doomed.on("bash", "-ec", "echo synced >/data/synced; sync -f /data; echo lost >/data/lost")
    calls = len(whole.calls())
    whole.instance.delete(doomed.made)
    assert whole.calls()[calls:] == [f"DELETE /instance/{doomed.made.id}"]
    assert whole.volume.read(volume).outputs["state"] == "detached"
    two.change(blockStorageVolumeIds=[volume.id])
    two.on("bash", "-ec", f"mkdir -p /data; mount {device(volume)} /data")
    assert two.on("ls", "--ignore=lost+found", "/data") == "synced"


def test_attached_volume_is_deleted_without_unmounting(whole: Cloud, one: Instance, volume: Made) -> None:
    """block_storage/resource_volume.go, Delete: it is detached first, mounted or not."""
    mount(one, volume)
    whole.volume.delete(volume)
    assert "Input/output error" in one.on("bash", "-c", "(echo x >/data/new) 2>&1 || true")
    one.made = replace(one.made, outputs=one.made.outputs | {"blockStorageVolumeIds": []})
    one.given["blockStorageVolumeIds"] = []


def test_unit_that_requires_a_missing_disk_stays_down_after_boot(one: Instance, volume: Made) -> None:
    """systemd.mount(5): a line of fstab that outlives its disk takes down what requires it, at the next boot."""
    unit = (
        "[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target"
    )
    one.on("bash", "-ec", f"printf '{unit}\\n' >/etc/systemd/system/standin-user.service")
    one.on("systemctl", "enable", "--quiet", "standin-user.service")
    mount(one, volume)
    docker("restart", one.container)
    one.wait("systemctl", "is-active", "standin-user.service")
    one.wait("mountpoint", "/data")
    one.on("umount", "/data")
    one.change(blockStorageVolumeIds=[])
    docker("restart", one.container)
    one.wait("systemctl", "is-active", "multi-user.target")
    assert one.on("bash", "-c", "systemctl is-active standin-user.service || true") == "inactive"
    one.on("sed", "-i", "/data/d", "/etc/fstab")
    docker("restart", one.container)
    one.wait("systemctl", "is-active", "standin-user.service")


def test_volume_grows_only_while_its_instance_is_stopped(whole: Cloud, one: Instance, volume: Made) -> None:
    """block_storage/resource_volume.go, Schema of size; egoscale v3.1.27 v3/operations.go, ResizeBlockStorageVolume."""
    mount(one, volume)
    one.on("bash", "-c", "echo kept >/data/file")
    larger = {"zone": ZONE, "name": "data", "size": 2}
    refused = refusal(whole.volume.update, volume, larger)
    assert refused.startswith(
        "unable to resize block storage volume: ResizeBlockStorageVolume: http response: Conflict"
    )
    one.change(state="stopped")
    grown = whole.volume.update(volume, larger)
    one.change(state="running")
    one.wait("mountpoint", "/data")
    assert one.on("cat", "/data/file") == "kept"
    assert one.on("blockdev", "--getsize64", device(volume)) == str(2 << 30)
    assert whole.volume.read(grown).outputs["size"] == 2
