"""What a killed update left on the local Docker engine."""

import shutil
import subprocess
from typing import Any

from tools.repair.state import State, say
from tools.repair.swarm import ID_LABEL

DATA_LABEL = "io.nuvla.swarm.data"  # of volumes that an earlier update may have left on purpose
KINDS = {
    "container": ["ps", "--all", "--no-trunc"],
    "volume": ["volume", "ls"],
    "network": ["network", "ls", "--no-trunc"],
}


def remove_leftovers(state: State) -> None:
    """Removes what bears the infrastructure's id and is in no state; of data volumes, those that are empty."""
    if state.id is None:
        return
    if shutil.which("docker") is None:
        say("no Docker client is on PATH, so nobody looks whether a killed update left something on the local engine")
        return
    for kind, listing in KINDS.items():
        for found in _listed(listing, f"{ID_LABEL}={state.id}"):
            if found in state.ids() or (kind == "volume" and _has_data(state, found)):
                continue
            say(f"{state.stack}: removes the {kind} {found[:12]}, which a killed update left behind")
            _docker(kind, "rm", *([] if kind == "network" else ["--force"]), found)


def _listed(listing: list[str], label: str) -> list[str]:
    form = "{{.Name}}" if listing[0] == "volume" else "{{.ID}}"
    return (_docker(*listing, "--filter", f"label={label}", "--format", form) or "").split()


def _has_data(state: State, volume: str) -> bool:
    """Whether somebody has used a data volume: an earlier update may have left it, and no killed one."""
    if volume not in _listed(["volume", "ls"], DATA_LABEL):
        return False
    settings: Any = state.cluster()
    look = ["run", "--rm", "--network=none", "--entrypoint=ls", f"--volume={volume}:/data:ro", settings["image"]]
    answer = _docker(*look, "--almost-all", "/data")
    return answer is None or answer.strip() != ""


def _docker(*arguments: str) -> str | None:
    """What Docker's client prints; nothing where it fails, which it has said."""
    done = subprocess.run(["docker", *arguments], check=False, stdout=subprocess.PIPE, text=True)
    return done.stdout if done.returncode == 0 else None
