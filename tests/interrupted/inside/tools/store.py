"""What the engine knows, in a file."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.interrupted.inside.tools import packages

STATE = Path("/var/lib/docker/state.json")
OF_SWARM = Path("/var/lib/docker/swarm")  # what the engine empties when it leaves a swarm
NOTHING: dict[str, Any] = {
    "volumes": [],
    "networks": [],
    "services": [],
    "tasks": [],
    "nodes": [],
    "images": {},
    "registry": {},
    "joins": 0,
    "rotated": [],  # roles whose join token is another one than at first
    "swarm": {"LocalNodeState": "inactive", "ControlAvailable": False, "NodeID": ""},
}
State = dict[str, Any]
Answer = tuple[int, Any]
VERSION = {"Index": 1}


def load() -> State:
    """What the engine knows."""
    return deepcopy(NOTHING) | (json.loads(STATE.read_text(encoding="utf-8")) if STATE.exists() else {})


def save(state: State) -> None:
    """For the next request."""
    new = STATE.with_suffix(".new")
    new.write_text(json.dumps(state, indent=1, sort_keys=True), encoding="utf-8")
    new.rename(STATE)


def version() -> str:
    """That of its package."""
    there = packages.load()["packages"]
    for name in ("docker.io", "docker-ce"):
        found = re.match(r"(?:\d+:)?([0-9.]+)", there.get(name, {}).get("there") or "")
        if found:
            return found[1]
    return "none"
