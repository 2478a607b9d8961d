"""Settings of local machines that depend on this computer, such as the image, from a file that `make setup` writes.

Git ignores that file, so the file of a stack is the same on every computer. A setting in the stack's file wins.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / ".state" / "computer.json"
PLACE = ".state/computer.json"
WRITE = "`make setup` writes it"
SECTIONS = ("machines", "engine", "images")
OF_SOURCE = ("version", "repository")  # settings of the engine that fit its source alone


def read(file: Path) -> tuple[Mapping[str, Any] | None, list[str]]:
    """Return the settings in the file, None if there is no file, and a line if the file is damaged."""
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, []
    except (OSError, ValueError):
        settings = None
    if not isinstance(settings, Mapping) or not all(isinstance(value, Mapping) for value in settings.values()):
        return None, [f"machines: {PLACE} is damaged; {WRITE} again"]
    return settings, []


def is_local(own: Mapping[str, Any]) -> bool:
    """Return whether a document of settings has machines on this computer."""
    machines = own.get("machines")
    return isinstance(machines, Mapping) and machines.get("provider") == "local"


def has_image(own: Mapping[str, Any]) -> bool:
    """Return whether the stack's own settings name an image; older versions of the program wrote it there."""
    return "image" in own["machines"]


def under(own: Mapping[str, Any], computer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a stack, completed by those of this computer."""
    return {**own, **{key: _completed(own.get(key, {}), computer[key]) for key in SECTIONS if key in computer}}


def _completed(own: Any, computer: Mapping[str, Any]) -> Any:
    if not isinstance(own, Mapping):
        return own  # a mistake, which the models name
    if own.get("source", computer.get("source")) != computer.get("source"):
        computer = {key: value for key, value in computer.items() if key not in OF_SOURCE}
    return {**computer, **own}
