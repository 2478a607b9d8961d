"""Rows of the images that the services run."""

from typing import Any

from components import catalog
from tests.settings.bases import HOST
from tests.settings.rows import Change, Row
from tests.settings.values import image, section


def row(name: str, tag: str = "another/image:1", **more: Any) -> Row:
    """One image; the change is another tag."""
    component = f"{name.replace('_', '-')}-image"
    lines = (f'image: * => "{tag}"', f"+ stdin: export IMAGE={tag}")
    return Row(f"images.{name}", image(), Change(tag, component, f"{component}-pull", *lines, **more))


DIFFERENT: dict[str, dict[str, Any]] = {
    "traefik": {"tag": "traefik:v3.6.1"},  # a version that the settings accept
    "elasticsearch_exporter": {"also": {"monitoring.elasticsearch.enabled": True}, "base": HOST},
}
ROWS = [
    section("images"),
    *(row(name, **DIFFERENT.get(name, {})) for name in catalog.images()),
]
