"""What takes the place of slow tools on the machine: the Docker engine, and the packages."""

import os
import stat
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.interrupted.inside.state import tell
from tests.interrupted.inside.tools.packages import AVAILABLE, ENGINE, save
from tests.interrupted.inside.tools.packages import STATE as OF_PACKAGES

TOOL = Path(__file__).with_name("tool.sh")
FIRST = (  # on PATH
    *("apt-cache", "apt-get", "apt-mark", "blkid", "blockdev", "busctl", "curl", "dpkg", "dpkg-query", "exportfs"),
    *("ganesha", "gpg", "kernel", "mkfs.ext4", "mount", "resize2fs", "rpcbind", "statd", "sysctl"),
    "wipefs",
)
OF_DOCKER = Path("/usr/bin/dockerd")  # of docker.com's packages; Debian's are elsewhere
UNITS = {
    "rpcbind": "rpcbind.service",
    "statd": "rpc-statd.service",
    "ganesha": "nfs-ganesha.service",
    "kernel": "nfs-server.service",
}
UNIT = """[Unit]
Wants={wants}
After={wants}

[Service]
Type=notify
ExecStart=/usr/local/sbin/{tool}
ExecReload=/usr/local/sbin/{tool} again

[Install]
WantedBy=multi-user.target
"""
KEEPALIVED = Path("/usr/sbin/keepalived")
DEVICE = Path("/dev/disk/by-id/virtio-nfs-volume-id")  # of the program's block storage


def install() -> None:
    """Puts them first on PATH and below their units."""
    Path("/usr/local/sbin/dockerd").unlink()  # of local machines, for the real engine
    for name in FIRST:
        Path("/usr/local/sbin", name).symlink_to(TOOL)
    OF_DOCKER.unlink(missing_ok=True)
    started = Path("/lib/systemd/system/docker.service")
    started.write_text(started.read_text(encoding="utf-8").replace(str(OF_DOCKER), str(ENGINE)), encoding="utf-8")
    for path in (ENGINE, Path("/usr/bin/containerd"), KEEPALIVED):
        path.unlink(missing_ok=True)
        path.symlink_to(TOOL)
    for tool, unit in UNITS.items():
        text = UNIT.format(tool=tool, wants="" if tool == "rpcbind" else UNITS["rpcbind"])
        Path("/etc/systemd/system", unit).write_text(text, encoding="utf-8")
    _hasten()
    for folder in (OF_PACKAGES.parent, Path("/run/stand-in"), DEVICE.parent):
        folder.mkdir(parents=True)
    os.mknod(DEVICE, stat.S_IFBLK | 0o600, os.makedev(7, 250))  # never opened
    _give_the_kernel_a_server()


def _give_the_kernel_a_server() -> None:
    systems = Path("/run/filesystems")
    systems.write_text(Path("/proc/filesystems").read_text(encoding="utf-8") + "nodev\tnfsd\n", encoding="utf-8")
    subprocess.run(["mount", "--bind", systems, "/proc/filesystems"], check=True)


def have(packages: Sequence[str]) -> None:
    """These packages are on the machine."""
    there = {name: {"there": AVAILABLE[name][0], "status": "installed"} for name in packages}
    save({"packages": there, "lists": [], "interrupted": False, "locked": 0})


def _hasten() -> None:
    """Waits for the machine's start, then leaves out what takes systemd's time: start scripts, and what looks for them.

    Its SSH server has no key.
    """
    deadline = time.monotonic() + 60
    while tell("systemctl", "is-system-running", "--wait").strip() not in ("running", "degraded"):
        assert time.monotonic() < deadline, "the machine does not start"
        time.sleep(0.05)
    off = Path("/etc/systemd/system-generators")
    off.mkdir()
    for generator in Path("/lib/systemd/system-generators").iterdir():
        if generator.name != "systemd-fstab-generator":
            (off / generator.name).symlink_to("/dev/null")
    for script in Path("/etc/init.d").iterdir():
        script.unlink()
    for words in ("mask --quiet ssh.service", "daemon-reload", "stop ssh.service", "reset-failed"):
        subprocess.run(["systemctl", *words.split()], check=True)
