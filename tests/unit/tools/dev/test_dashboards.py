"""tools/dev/dashboards.py: the JSON of all dashboards, in a folder."""

from pathlib import Path

from components import catalog
from tools.dev.dashboards import main


def test_command_writes_each_dashboard_into_a_folder(tmp_path: Path) -> None:
    main(tmp_path / "new")
    found = {file.stem: file.read_text(encoding="utf-8") for file in (tmp_path / "new").iterdir()}
    assert found == catalog.dashboard_texts()
