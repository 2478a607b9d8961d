"""Scenarios of scripts that look after volumes and shared files."""

import shlex
from typing import Final

from tests.interrupted.programs import script
from tests.interrupted.scenarios import PACKAGES, Run, Scenario

VOLUME: Final = "storage/scripts/volume.sh"
PREPARED: Final = "storage/scripts/nfs_machine.sh"
SERVER: Final = "storage/scripts/nfs_server.sh"
HAND_OVER: Final = "machines/exoscale/scripts/hand_over.sh"
IDLE: Final = "machines/exoscale/scripts/idle.sh"
ENTRY: Final = "storage/scripts/nfs_entry.sh"
FOLDER: Final = "/var/lib/nuvla-swarm/volumes/nfs"
DEVICE: Final = {"FOLDER": FOLDER, "DEVICE": "/dev/disk/by-id/virtio-nfs-volume-id", "SIZE_GIB": "20"}
OF_GANESHA: Final = "nfs-common nfs-ganesha nfs-ganesha-vfs rpcbind"


def served(kind: str, **values: str) -> Run:
    """A server of a kind."""
    return Run(path=SERVER, values={"KIND": kind, "DISK": FOLDER, **values})


def allowed(kind: str, address: str) -> Run:
    """An entry of a machine."""
    return Run(path=ENTRY, verb="allow", values={"KIND": kind, "MACHINE": "worker-1", "ADDRESS": address})


def earlier_settings() -> str:
    """Of ganesha, by an earlier version of the program."""
    words = shlex.split(str(script(SERVER)["parameters"]))
    [settings] = [word for word in words if word.startswith("GANESHA=")]
    return settings.removeprefix("GANESHA=").replace("Graceless = true", "Graceless = false")


MOUNTED: Final = Run(path=VOLUME, verb="mount", values=DEVICE)
GANESHA: Final = (served("ganesha"), allowed("ganesha", "10.77.0.2"))

STORAGE: Final = [
    Scenario(path=VOLUME, verb="mount", name="a folder"),
    # When a machine starts, nothing mounts what takes the place of the device.
    Scenario(path=VOLUME, verb="mount", name="a device", values=DEVICE, reboots=False),
    Scenario(
        path=VOLUME,
        verb="mount",
        name="files of another user",
        given=[Run(path=VOLUME, verb="mount", values={"FOLDER": FOLDER, "OWNER": "65534:65534"}), "written.sh"],
        values={"FOLDER": FOLDER, "OWNER": "65522:65522", "FORMER": "65534"},
    ),
    Scenario(path=VOLUME, verb="release", name="a device", given=[MOUNTED], values=DEVICE, reboots=False),
    Scenario(path=VOLUME, verb="release", name="files", given=[MOUNTED, *GANESHA], values=DEVICE, reboots=False),
    Scenario(path=HAND_OVER, name="files", given=[MOUNTED, *GANESHA], reboots=False),
    Scenario(
        path=HAND_OVER,
        name="files in use",
        given=[MOUNTED, *GANESHA, "volume_in_use.sh"],
        code=1,
        says="is in use and cannot be unmounted",
        reboots=False,
    ),
    Scenario(
        path="machines/exoscale/scripts/idle.sh", name="a service", given=["nodes.sh"], values={"MACHINE": "manager-2"}
    ),
    Scenario(path=PREPARED, verb="prepare", name="a server", values={"PACKAGES": OF_GANESHA}),
    Scenario(
        path=PREPARED,
        verb="prepare",
        name="no server any more",
        packages=[*PACKAGES, "nfs-common"],
        given=[served("kernel")],
        values={"PACKAGES": "nfs-common", "SERVES": ""},
    ),
    Scenario(path=PREPARED, verb="stop", name="a server", given=GANESHA),
    Scenario(path=SERVER, name="first time", values=served("ganesha").values),
    Scenario(path=SERVER, name="another kind", given=[served("kernel")], values=served("ganesha").values),
    Scenario(
        path=SERVER,
        name="other settings",
        given=[served("ganesha", GANESHA=earlier_settings())],
        values=served("ganesha").values,
    ),
    Scenario(
        path=SERVER, name="another folder", given=[served("kernel")], values=served("kernel", DISK="/srv/files").values
    ),
    *(
        Scenario(path=ENTRY, verb=verb, name=kind, given=[served(kind), *before], values=allowed(kind, address).values)
        for kind in ("kernel", "ganesha")
        for verb, address, before in (
            ("allow", "10.77.0.3", []),
            ("forbid", "10.77.0.2", [allowed(kind, "10.77.0.2")]),
        )
    ),
]
