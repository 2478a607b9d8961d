"""Templates of instances, each of which stands for the image of local machines."""

from typing import Any, Final

from exoscale.cloud import zones
from exoscale.cloud.api import ACCOUNT, PluginError, not_found
from exoscale.cloud.user_data import DEFAULT_USER
from standin.values import Values

TEMPLATES: Final = (
    {"id": "5f4d2c1e-7a10-4b6e-9c58-2f0e24046a01", "name": "Linux Ubuntu 24.04 LTS 64-bit", "visibility": "public"},
    {"id": "0c1f7a52-3d64-4e0b-8a9d-6b1e22046a02", "name": "Linux Ubuntu 22.04 LTS 64-bit", "visibility": "public"},
)


def template(zone: str, identity: str) -> dict[str, str]:
    """The template of that id, which is the same in each zone."""
    zones.check(zone)
    for found in TEMPLATES:
        if found["id"] == identity:
            return found
    raise not_found("template", f"{identity} in zone {zone}")


def get_template(given: Values) -> Values:
    """``getTemplate``: by id, or by name among those of a visibility."""
    wanted: dict[str, Any] = {"visibility": "public"} | given
    if ("id" in wanted) == ("name" in wanted):
        raise PluginError("either id or name must be specified")
    if wanted["visibility"] not in ("public", "private"):
        raise PluginError(f"visibility must be public or private, not {wanted['visibility']!r}")
    if "id" in wanted:
        ACCOUNT.call("GET", f"/template/{wanted['id']}")
        found = template(wanted["zone"], wanted["id"])
    else:
        ACCOUNT.call("GET", f"/template?visibility={wanted['visibility']}")
        zones.check(wanted["zone"])
        named = [t for t in TEMPLATES if (t["name"], t["visibility"]) == (wanted["name"], wanted["visibility"])]
        if not named:
            raise PluginError("resource not found")
        found = named[0]
    return wanted | found | {"defaultUser": DEFAULT_USER}
