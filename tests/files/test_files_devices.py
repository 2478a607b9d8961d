"""Scripts that write to disks: a device that holds anything is not formatted, and a full disk takes nothing away."""

import re
import subprocess
from pathlib import Path

import pytest

from components import assets
from tests.support.crowd import crowd
from tests.support.rows import rows

MIB = 1 << 20
[FORMAT] = re.findall(r"^format\(\) \{.*?^\}", assets.read("storage/scripts/volume.sh"), re.MULTILINE | re.DOTALL)
TOLD = 'fail() { echo "$*" >&2; exit 1; }\nmkfs.ext4() { echo formatted; }\n'
# What the beginning of a device shows, as offsets and bytes: of file systems, tables and parts of other things.
SIGNATURES = {
    "dos": {446: b"\x00\x02\x02\x00\x83\x10\x10\x00\x00\x08\x00\x00\x00\x08\x00\x00", 510: b"\x55\xaa"},
    "crypto_LUKS": {0: b"LUKS\xba\xbe\x00\x01"},
    "swap": {1024: b"\x01\x00\x00\x00\xff\x13\x00\x00", 4086: b"SWAPSPACE2"},
    "squashfs": {0: b"hsqs", 28: b"\x04\x00\x00\x00"},
    "LVM2_member": {512: b"LABELONE\x01\x00\x00\x00\x00\x00\x00\x00", 536: b"LVM2 001"},
}


def formatted(device: Path) -> subprocess.CompletedProcess[str]:
    """What becomes of a device, by the real tools that look at it."""
    script = f"set -euo pipefail\nDEVICE={device}\nFOLDER=/data\n{TOLD}{FORMAT}\nformat"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=30 * crowd())


def device(folder: Path, signature: dict[int, bytes]) -> Path:
    path = folder / "device"
    with path.open("wb") as file:
        file.truncate(20 * MIB)
        for offset, content in signature.items():
            file.seek(offset)
            file.write(content)
    return path


@rows("kind", SIGNATURES)
def test_device_with_a_signature_is_not_formatted(tmp_path: Path, kind: str) -> None:
    result = formatted(device(tmp_path, SIGNATURES[kind]))
    assert result.returncode == 1
    assert result.stdout == ""
    assert f"holds {kind}; allowed: ext4, or a device that is empty" in result.stderr


def test_empty_device_is_formatted(tmp_path: Path) -> None:
    assert formatted(device(tmp_path, {})).stdout == "formatted\n"


@pytest.mark.tools("mkfs.ext4")
def test_device_with_ext4_is_not_formatted_again(tmp_path: Path) -> None:
    path = device(tmp_path, {})
    subprocess.run(["mkfs.ext4", "-q", "-F", str(path)], check=True)
    assert formatted(path).stdout == ""


def test_unreadable_device_is_rejected(tmp_path: Path) -> None:
    result = formatted(tmp_path / "none")
    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot be read" in result.stderr


def test_export_list_survives_a_full_disk(tmp_path: Path) -> None:
    """Machines would lose their files, as one that is emptied is served all the same."""
    served, clients = tmp_path / "list", tmp_path / "clients.d"
    served.write_text("of before\n")
    clients.mkdir()
    (clients / "worker-1.exports").write_text("of worker-1\n")
    (tmp_path / "list.new").symlink_to("/dev/full")
    script = f'{assets.read("storage/scripts/nfs.sh")}\nwrite {served} <"{clients}/worker-1.exports"\necho goes on\n'
    result = subprocess.run(
        ["bash", "-s"], input=script, capture_output=True, text=True, check=False, timeout=30 * crowd()
    )
    assert result.returncode != 0
    assert result.stdout == ""
    assert served.read_text() == "of before\n"
