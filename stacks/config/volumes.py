"""Settings of the data that outlive containers, of all that the folders of components/ declare."""

from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from components import catalog
from components.fields import Section, SingleLineText, former
from components.machines.data_paths import DataPath


class VolumeSettings(Section):
    """Where data are. By default in a volume or folder of the machine that uses them."""

    block_storage: bool = Field(
        False, description="on block storage, which outlives the machine (exoscale)", json_schema_extra=former("block")
    )
    size_gib: int = Field(
        20, ge=10, le=10000, description="size that the block storage has at least; people let it grow (exoscale)"
    )
    import_id: SingleLineText | None = Field(
        None,
        description="id of a retained volume to reuse with its data, as `make down` printed it",
        json_schema_extra=former("id"),
    )
    path: DataPath | None = Field(
        None, description="folder with the data; one of machines.data_path if unset (existing)"
    )


class VolumesSettings(Section):
    """Data that outlive containers."""

    retain_on_destroy: bool = Field(
        False,
        description="whether the volumes are kept when the stack is destroyed, from the next `make up` on",
        json_schema_extra=former("keep"),
    )

    def named(self) -> dict[str, VolumeSettings]:
        """Return the settings of each volume, by name."""
        return {name: getattr(self, name) for name in catalog.data()}


_FIELDS: dict[str, Any] = {
    name: (VolumeSettings, Field(VolumeSettings(), description=stored.description))
    for name, stored in catalog.data().items()
}
if not TYPE_CHECKING:  # which knows no fields that are made at run time
    VolumesSettings = create_model(
        "VolumesSettings", __base__=VolumesSettings, __doc__=VolumesSettings.__doc__, **_FIELDS
    )
