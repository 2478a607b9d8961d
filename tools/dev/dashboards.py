"""Command that writes the JSON of all dashboards into a folder: `python -m tools.dev.dashboards FOLDER`."""

import sys
from pathlib import Path

from components import catalog


def main(folder: Path) -> None:
    """Write a file for each dashboard."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in catalog.dashboard_texts().items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
