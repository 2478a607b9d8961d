"""A folder with data on a machine."""

from dataclasses import dataclass

import pulumi

from components.machines.machine import Machine
from components.machines.volume import VolumeLocation

MOUNT_FUNCTIONS = "storage/scripts/mounts.sh"


@dataclass(frozen=True, kw_only=True)
class DataFolderArgs:
    """Which folder, whose it is, and where."""

    volume: VolumeLocation
    machine: Machine
    owner: str  # "<uid>:<gid>" of who writes there
    former_owner: str = ""  # "<uid>" of who wrote there before, if it was somebody else
    depends_on: pulumi.Resource  # what has installed packages on the machine
    retain: bool = False  # whether its device outlives the machine


class DataFolder(pulumi.ComponentResource):
    """A folder that is there for its owner, on the device of the volume where it has one.

    A device is formatted only if nothing at all is on it, and mounted by the id of its file system at every start of
    the machine, before the engine. Before its machine is replaced, or destroyed without it, it is unmounted.
    Destroying it leaves folder and data.
    Outputs: ``path``, ``machine`` (str). ``ready`` is there when services can use it.
    Errors: the update fails when the device does not appear within two minutes, is smaller than it shall be, or holds
    something else.
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
        self.register_outputs({"path": volume.path, "machine": args.machine.name})
