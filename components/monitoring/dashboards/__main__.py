"""Writes the JSON of all dashboards into a folder: `python -m components.monitoring.dashboards FOLDER`."""

import sys
from pathlib import Path

from components.monitoring.grafana import DASHBOARDS


def main(folder: Path) -> None:
    """Writes a file for each dashboard."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, dashboard in DASHBOARDS.items():
        (folder / f"{name}.json").write_text(dashboard(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
