"""Settings of images: a key for each image that a manifest declares."""

from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from components import catalog
from components.fields import Image, Section


class ImagesSettings(Section):
    """Images of the services."""

    def reference(self, key: str) -> str:
        """Return the image reference of a key."""
        return str(getattr(self, key))


_FIELDS: dict[str, Any] = {
    key: (Image, Field(image.reference, description=image.description)) for key, image in catalog.images().items()
}
if not TYPE_CHECKING:  # the type checker cannot see fields that exist only at run time
    ImagesSettings = create_model("ImagesSettings", __base__=ImagesSettings, __doc__=ImagesSettings.__doc__, **_FIELDS)
