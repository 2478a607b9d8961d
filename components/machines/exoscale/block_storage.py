"""Data volumes of machines on Exoscale, and their block storage."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
import pulumiverse_exoscale as exoscale

from components.machines.volume import FOLDER, VolumeLocation, VolumeSpec


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    """The settings of the volumes of a cluster."""

    volumes: Mapping[str, VolumeSpec]  # by name
    zones: Mapping[str, str]  # by machine
    imports: Collection[str]  # names of the volumes that this update imports by their `id`
    retain: bool  # whether the block storage is retained when the cluster is destroyed
    protect: bool  # by Pulumi
    labels: Mapping[str, pulumi.Input[str]]  # of the block storage


class Storage:
    """The data volumes of a cluster; block storage outlives its machine."""

    def __init__(self, args: StorageArgs, opts: pulumi.ResourceOptions):
        self._args = args
        self.blocks = {name: self._block(name, spec, opts) for name, spec in args.volumes.items() if spec.block}
        self.volumes = {name: self._volume(name, spec) for name, spec in args.volumes.items()}

    def of(self, machine: str) -> list[exoscale.BlockStorageVolume]:
        """Return the block storage that is attached to a machine."""
        return [block for name, block in self.blocks.items() if self._args.volumes[name].machine == machine]

    def _block(self, name: str, spec: VolumeSpec, opts: pulumi.ResourceOptions) -> exoscale.BlockStorageVolume:
        """Create or import the block storage of a volume. No update changes it; you resize it in the portal.

        Exoscale's plugin (0.66.1) records no size for an imported volume, and so would resize it. Pulumi 3.250 forgets
        the id of a resource that changes while it is imported, and then deletes it as the original of another import.
        The update fails if the device is smaller than the setting (see `DataFolder`).
        """
        zone = self._args.zones[spec.machine]
        options = pulumi.ResourceOptions(
            import_=f"{spec.id}@{zone}" if name in self._args.imports else None,
            ignore_changes=["name", "labels", "size"],
            protect=self._args.protect,
            retain_on_delete=self._args.retain,
        )
        return exoscale.BlockStorageVolume(
            f"{name}-volume",
            zone=zone,
            size=spec.size_gib,
            labels=self._args.labels,
            opts=pulumi.ResourceOptions.merge(opts, options),
        )

    def _volume(self, name: str, spec: VolumeSpec) -> VolumeLocation:
        path = f"{FOLDER}/{name}"
        if name not in self.blocks:
            return VolumeLocation(machine=spec.machine, path=path)
        block_id = self.blocks[name].id
        device = block_id.apply(lambda known_id: f"/dev/disk/by-id/virtio-{known_id[:20]}")
        return VolumeLocation(machine=spec.machine, path=path, id=block_id, device=device, size_gib=spec.size_gib)
