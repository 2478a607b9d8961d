"""components/storage/scripts/volume.sh: a device that is smaller than it shall be is left as it is."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from components import assets
from tests.support.crowd import crowd

GIB = 1 << 30
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a node of a device")


def run(folder: Path, size_gib: int, wanted_gib: int) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The script with a device of that size, and what it did to it: no real tool for devices is on its PATH."""
    tools, device, done = folder / "tools", folder / "device", folder / "done"
    tools.mkdir()
    os.mknod(device, stat.S_IFBLK | 0o600, os.makedev(7, 250))  # never opened
    for name in ("bash", "install", "chown", "touch"):
        (tools / name).symlink_to(str(shutil.which(name)))
    for name, line in {
        "hostname": "echo manager-1",
        "blockdev": f"echo {size_gib * GIB}",
        "blkid": "echo ntfs",
        "wipefs": f'echo "$*" >>{done}; echo ntfs',  # which ends it
    }.items():
        (tools / name).write_text(f"#!{tools / 'bash'}\n{line}\n")
        (tools / name).chmod(0o755)
    values = {"PATH": str(tools), "FOLDER": str(folder / "data"), "DEVICE": str(device), "OWNER": "0:0", "FORMER": ""}
    script = assets.read("storage/scripts/mounts.sh") + assets.read("storage/scripts/volume.sh")
    command = [str(tools / "bash"), "-s", "mount"]
    env = values | {"SIZE_GIB": str(wanted_gib)}
    result = subprocess.run(
        command, check=False, input=script, env=env, capture_output=True, text=True, timeout=30 * crowd()
    )
    return result, done.read_text().splitlines() if done.exists() else []


def test_undersized_device_is_reported_with_the_remedy(tmp_path: Path) -> None:
    result, touched = run(tmp_path, 20, 40)
    assert result.returncode == 1
    assert result.stderr.startswith(
        f"manager-1: the volume of {tmp_path}/data has 20 GiB, and size_gib says 40: stop this"
    )
    assert "resize the volume there" in result.stderr
    assert result.stderr.count("\n") == 1
    assert touched == []


@pytest.mark.parametrize("size_gib", [20, 21])
def test_device_of_sufficient_size_is_inspected(tmp_path: Path, size_gib: int) -> None:
    result, touched = run(tmp_path, size_gib, 20)
    assert "holds ntfs; allowed: ext4" in result.stderr
    assert len(touched) == 1


def test_files_of_the_former_owner_get_the_new_owner(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (folder / "wal").mkdir(parents=True)
    for path, user in {folder / "wal/1": 65534, folder / "theirs": 1000, elsewhere: 65534}.items():
        path.touch()
        os.chown(path, user, user)
    (folder / "link").symlink_to(elsewhere)
    for path in (folder, folder / "wal", folder / "link"):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    values = {"FOLDER": str(folder), "DEVICE": "", "SIZE_GIB": "", "OWNER": "65522:65522", "FORMER": "65534"}
    script = assets.read("storage/scripts/mounts.sh") + assets.read("storage/scripts/volume.sh")
    for _ in range(2):
        subprocess.run(
            ["bash", "-s", "mount"], check=True, input=script, env=os.environ | values, text=True, timeout=30 * crowd()
        )
    owners = {path.name: path.lstat().st_uid for path in (folder, elsewhere, *folder.rglob("*"))}
    assert owners == {"data": 65522, "wal": 65522, "1": 65522, "link": 65522, "theirs": 1000, "elsewhere": 65534}
