"""Command that changes settings in a stack's file, as a reader does with an editor: `edit_settings.py FILE JSON`.

The JSON has a value for each path, such as {"firewall.management": ["192.0.2.0/24"]}.
"""

import json
import sys
from pathlib import Path

import yaml


def main(file: Path, changes: dict[str, object]) -> None:
    """Write the changed settings; comments are lost."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for path, value in changes.items():
        section, *steps = path.split(".")
        place, key = document["config"], f"nuvla-swarm:{section}"
        for step in steps:
            place, key = place.setdefault(key, {}), step
        place[key] = value
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
