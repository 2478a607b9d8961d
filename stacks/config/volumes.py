"""Settings of data volumes: a section for each volume that a manifest declares."""

from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from components import catalog
from components.fields import Section, SingleLineText, former
from components.machines.data_paths import DataPath


class VolumeSettings(Section):
    """The place of a service's data, by default a volume or folder of the machine that uses them."""

    block_storage: bool = Field(
        False,
        description="whether to store the data on block storage, which outlives the machine (exoscale)",
        json_schema_extra=former("block"),
    )
    size_gib: int = Field(
        20, ge=10, le=10000, description="minimum size of the block storage in GiB; you may enlarge it (exoscale)"
    )
    import_id: SingleLineText | None = Field(
        None,
        examples=["0a1b2c3d-0000-4000-8000-000000000000"],
        description="id of a retained volume to import; `make down` prints it",
        json_schema_extra=former("id"),
    )
    path: DataPath | None = Field(
        None, description="folder with the data; `<machines.data_path>/<volume>` if unset (existing)"
    )


class VolumesSettings(Section):
    """Data volumes of the services."""

    retain_on_destroy: bool = Field(
        False,
        description="whether `make down` retains the volumes; takes effect after `make up`",
        json_schema_extra=former("keep"),
    )

    def named(self) -> dict[str, VolumeSettings]:
        """Return the settings of each volume, by name."""
        return {name: getattr(self, name) for name in catalog.data()}


_FIELDS: dict[str, Any] = {
    name: (VolumeSettings, Field(VolumeSettings(), description=stored.description))
    for name, stored in catalog.data().items()
}
if not TYPE_CHECKING:  # the type checker cannot see fields that exist only at run time
    VolumesSettings = create_model(
        "VolumesSettings", __base__=VolumesSettings, __doc__=VolumesSettings.__doc__, **_FIELDS
    )
