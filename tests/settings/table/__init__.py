"""One row for each setting: in the file of its section, or of its section and the one provider that has it."""

from importlib import import_module
from pathlib import Path

from tests.settings.rows import Change, Row

FILES = {file.stem: file for file in sorted(Path(__file__).parent.glob("[a-z]*.py"))}
BY_FILE: dict[str, list[Row]] = {name: import_module(f"{__name__}.{name}").ROWS for name in FILES}
ROWS = [row for rows in BY_FILE.values() for row in rows]
CHANGES: list[Change] = [change for row in ROWS for change in row.changes]
