"""docs/dashboards/drawing.py: a picture of each kind of panel."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from components import catalog
from docs.dashboards.drawing import draw
from docs.dashboards.queries import Reader

MAX_BYTES = 200_000


def ask(path: str, parameters: Mapping[str, str]) -> Any:
    labels = {"node": "m1", "service": "web"}
    values = (
        {"values": [[at, str(at % 7)] for at in range(0, 600, 30)]} if path == "query_range" else {"value": [0, "1"]}
    )
    return [] if "prometheus_rule" in parameters["query"] else [{"metric": labels, **values}]


@pytest.mark.parametrize("name", ["swarm", "traefik"])
def test_picture_is_small_and_as_large_as_the_panels(name: str, tmp_path: Path) -> None:
    dashboard = json.loads(catalog.dashboard_texts()[name])
    draw(dashboard, Reader(ask=ask, start=0, end=600), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size < MAX_BYTES
    with Image.open(tmp_path / "a.png") as picture:
        assert (picture.width, picture.height > 1000) == (1104, True)
        assert picture.info == {}  # names no version of a program
