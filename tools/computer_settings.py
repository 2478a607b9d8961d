"""Command that writes the settings of local machines on this computer into .state/computer.json.

local/settings.sh asks the Docker engine for them. The program reads the file, see stacks/config/computer.py.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stacks.config.computer import FILE

CHECKOUT = Path(__file__).resolve().parents[1]
BOOLEANS = {"true": True, "false": False}


def nested(lines: Iterable[str]) -> dict[str, Any]:
    """Return the settings in lines, such as `machines.image=a:1` or `engine.mirrors[0]=http://b`, as an object."""
    settings: dict[str, Any] = {}
    for line in lines:
        path, _, text = line.partition("=")
        *sections, name = path.split(".")
        place = settings
        for section in sections:
            place = place.setdefault(section, {})
        value = BOOLEANS.get(text, text)
        if item := re.fullmatch(r"(\w+)\[\d+\]", name):
            place.setdefault(item[1], []).append(value)
        else:
            place[name] = value
    return settings


def write(file: Path, settings: dict[str, Any]) -> None:
    """Write the settings, so that a reader sees all of the old or all of the new ones."""
    text = json.dumps(settings, indent=2) + "\n"
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def main() -> None:
    """Ask the engine and write the file."""
    asked = subprocess.run([CHECKOUT / "local" / "settings.sh"], stdout=subprocess.PIPE, text=True, check=False)
    if asked.returncode != 0:
        sys.exit(asked.returncode)  # the script has said why
    write(FILE, nested(asked.stdout.splitlines()))


if __name__ == "__main__":
    main()
