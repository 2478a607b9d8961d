"""Rows of the images that the services run."""

from typing import Any

from tests.settings.bases import HOST
from tests.settings.rows import Change, Row
from tests.settings.values import image, section


def row(name: str, tag: str = "another/image:1", **more: Any) -> Row:
    """One image; the change is another tag."""
    component = f"{name.replace('_', '-')}-image"
    lines = (f'image: * => "{tag}"', f"+ stdin: export IMAGE={tag}")
    return Row(f"images.{name}", image(), Change(tag, component, f"{component}-pull", *lines, **more))


ROWS = [
    section("images"),
    row("traefik", "traefik:v3.6.1"),
    row("haproxy"),
    row("prometheus"),
    row("alertmanager"),
    row("grafana"),
    row("node_exporter"),
    row("cadvisor"),
    row("blackbox"),
    row("elasticsearch_exporter", also={"monitoring.elasticsearch.enabled": True}, base=HOST),
    row("versitygw"),
    row("openresty"),
]
