"""Folders with data on machines."""

from dataclasses import dataclass

import pulumi

from components.kept_outputs import keep_outputs
from components.machines.machine import Machine
from components.machines.volume import VolumeLocation

MOUNT_FUNCTIONS = "storage/scripts/mounts.sh"


@dataclass(frozen=True, kw_only=True)
class DataFolderArgs:
    """The folder, its machine and its owner."""

    volume: VolumeLocation
    machine: Machine
    owner: str  # "<uid>:<gid>" of the process that writes there
    former_owner: str = ""  # "<uid>" of the process that an earlier version of the program had write there
    depends_on: pulumi.Resource  # command that installs packages on the machine
    retain: bool = False  # whether the device outlives the machine


class DataFolder(pulumi.ComponentResource):
    """A folder that its owner can write to, on the block device of the volume if there is one.

    The program formats a device only if it is empty. The machine mounts the device by the id of its file system at
    every start, before the engine. The program unmounts a device before it replaces the machine, or destroys the
    machine and retains the device. Destroying the component leaves the folder and its data in place.
    Outputs: ``path``, ``machine`` (str). The attribute ``ready`` is the command after which services can use the
    folder.
    Errors: the update fails if the device does not appear within two minutes, is smaller than the settings say, or
    holds anything but an ext4 file system.
    """

    def __init__(self, name: str, args: DataFolderArgs, opts: pulumi.ResourceOptions | None = None):
        volume = args.volume
        props = {"machine": args.machine.name, "path": volume.path, "owner": args.owner}
        super().__init__("nuvla:storage:DataVolume", name, props, opts)
        self.path = volume.path
        self.machine = args.machine.name
        has_device = volume.device is not None
        self.ready = args.machine.command(
            f"{name}-folder",
            "storage/scripts/volume.sh",
            {
                "FOLDER": volume.path,
                "DEVICE": volume.device or "",
                "SIZE_GIB": str(volume.size_gib) if has_device else "",
                "OWNER": args.owner,
                "FORMER": args.former_owner,
            },
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.depends_on],
                replace_with=[args.machine.root] if has_device and args.machine.root else None,
            ),
            create="mount",
            delete="release" if has_device else None,
            undo_before_destroy=has_device and args.retain,
            libraries=[MOUNT_FUNCTIONS],
            triggers=[
                args.machine.system_generation,
                args.machine.data_generation,
                *([volume.id] if volume.id else []),
                *([volume.moves.count] if volume.moves else []),
            ],
        )
        # Data of an earlier machine are where they were until the folder is here. A preview knows the URN.
        machine = self.ready.urn.apply(lambda _: args.machine.name)
        keep_outputs(self, {"path": volume.path, "machine": machine})
