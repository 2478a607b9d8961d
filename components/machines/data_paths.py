"""Folders of machines that may be given to data: neither the system's, nor what others keep their things in."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

NFS_ROOT = "/nfs-root"  # where the program mounts the files that machines share

# With all that is in them. Data have an owner and a mode of their own, and some are shared with everybody.
SYSTEM = (
    *("/bin", "/boot", "/dev", "/efi", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/lost+found", "/proc", "/root"),
    *("/run", "/sbin", "/snap", "/sys", "/tmp", "/usr", "/opt/cni", "/opt/containerd"),  # noqa: S108 - refused
    *(f"/var/{name}" for name in ("backups", "cache", "crash", "lock", "log", "mail", "run", "snap", "spool", "tmp")),
    *(
        f"/var/lib/{name}"
        for name in (
            "AccountsService PackageKit apport apt boltd cloud command-not-found containerd dbus dhcp dhcpcd docker "
            "docker-engine dpkg fwupd ganesha git grub initramfs-tools kubelet landscape logrotate lxcfs lxd man-db "
            "misc nfs os-prober pam plymouth polkit-1 private python rpcbind sgml-base snapd sudo systemd tpm2-tss "
            "ubuntu-advantage ubuntu-release-upgrader ucf udisks2 unattended-upgrades update-manager update-notifier "
            "upower urandom usbutils vim xml-core"
        ).split()
    ),
    NFS_ROOT,
)
# These alone: there is room for data in them.
SHARED = ("/", "/home", "/media", "/opt", "/var", "/var/lib", "/var/local", "/var/opt")


def _own(given: str) -> str:
    parts = given.split("/")[1:]
    if {".", ".."} & set(parts):
        raise ValueError("a path without the parts . and ..")
    path = PurePosixPath(given)
    place = next((top for top in SYSTEM if path.is_relative_to(top)), given if given in SHARED else None)
    if path.is_relative_to("/home") and (len(parts) < 3 or any(part.startswith(".") for part in parts)):
        place = given  # what a user logs in with is in there
    if place is not None:
        raise ValueError(f"a folder of its own, such as /srv/nuvla, as {place} is the system's")
    return given


DataPath = Annotated[str, StringConstraints(pattern=r"^(/[\w.-]+)+$"), AfterValidator(_own)]
