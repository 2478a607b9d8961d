"""Block storage of machines on Exoscale."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
import pulumiverse_exoscale as exoscale

from components.machines.volume import FOLDER, VolumeLocation, VolumeSpec


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    """What the volumes of a cluster are made of."""

    volumes: Mapping[str, VolumeSpec]  # by name
    zones: Mapping[str, str]  # of the machines, by name
    imports: Collection[
        str
    ]  # names of those that are there and that the state does not have yet: their `id` is imported
    keep: bool  # whether they are still there when the cluster is destroyed
    protect: bool  # by Pulumi
    labels: Mapping[str, pulumi.Input[str]]


class Storage:
    """The volumes of a cluster, of which those with block storage outlive their machines."""

    def __init__(self, args: StorageArgs, opts: pulumi.ResourceOptions):
        self._args = args
        self.blocks = {name: self._block(name, wanted, opts) for name, wanted in args.volumes.items() if wanted.block}
        self.volumes = {name: self._volume(name, wanted) for name, wanted in args.volumes.items()}

    def of(self, machine: str) -> list[exoscale.BlockStorageVolume]:
        """The block storage that is attached to a machine."""
        return [block for name, block in self.blocks.items() if self._args.volumes[name].machine == machine]

    def _block(self, name: str, wanted: VolumeSpec, opts: pulumi.ResourceOptions) -> exoscale.BlockStorageVolume:
        """Nothing of it is ever changed.

        An imported volume has no size in the state of the plugin (0.66.1), which would resize it, and Pulumi 3.250
        forgets the id of what is changed as it is imported, and deletes it as the original of another import. It grows
        in the portal; the folder on it says when it is too small.
        """
        zone = self._args.zones[wanted.machine]
        own = pulumi.ResourceOptions(
            import_=f"{wanted.id}@{zone}" if name in self._args.imports else None,
            ignore_changes=["name", "labels", "size"],
            protect=self._args.protect,
            retain_on_delete=self._args.keep,
        )
        return exoscale.BlockStorageVolume(
            f"{name}-volume",
            zone=zone,
            size=wanted.size_gib,
            labels=self._args.labels,
            opts=pulumi.ResourceOptions.merge(opts, own),
        )

    def _volume(self, name: str, wanted: VolumeSpec) -> VolumeLocation:
        path = f"{FOLDER}/{name}"
        if name not in self.blocks:
            return VolumeLocation(machine=wanted.machine, path=path)
        identity = self.blocks[name].id
        device = identity.apply(lambda known: f"/dev/disk/by-id/virtio-{known[:20]}")
        return VolumeLocation(machine=wanted.machine, path=path, id=identity, device=device, size_gib=wanted.size_gib)
