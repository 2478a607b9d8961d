"""The type of a folder that may hold data, and the system's folders, which may not."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator

from components.text_form import TextForm

NFS_ROOT = "/nfs-root"  # where the program mounts the shared files

# Refused with everything below them: the program sets owner and mode of a data folder, and shares some of them.
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
# Refused themselves; folders below them may hold data.
SHARED = ("/", "/home", "/media", "/opt", "/var", "/var/lib", "/var/local", "/var/opt")


def _require_data_path(text: str) -> str:
    parts = text.split("/")[1:]
    if {".", ".."} & set(parts):
        raise ValueError("a path without the parts . and ..")
    path = PurePosixPath(text)
    place = next((top for top in SYSTEM if path.is_relative_to(top)), text if text in SHARED else None)
    if path.is_relative_to("/home") and (len(parts) < 3 or any(part.startswith(".") for part in parts)):
        place = text  # a home folder holds the SSH keys of its user
    if place is not None:
        raise ValueError(f"a folder of its own, such as /srv/nuvla, as {place} is the system's")
    return text


DataPath = Annotated[
    str,
    TextForm(r"^(/[\w.-]+)+$", "the absolute path of a folder without `/` at its end", "/srv/nuvla/files"),
    AfterValidator(_require_data_path),
]
