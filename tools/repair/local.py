"""Removal of containers, volumes and networks that a killed update left on the local Docker engine."""

import shutil
import subprocess
from typing import Any

from tools.console import fail, say
from tools.repair.state import State
from tools.repair.swarm import ID_LABEL

DATA_LABEL = "io.nuvla.swarm.data"  # of data volumes, which an earlier update may have retained
TIMEOUT_S = 600  # for an answer: to remove a large volume takes minutes
KINDS = {
    "container": ["ps", "--all", "--no-trunc"],
    "volume": ["volume", "ls"],
    "network": ["network", "ls", "--no-trunc"],
}


def remove_leftovers(state: State) -> None:
    """Remove objects with the infrastructure's id that are in no state; keep data volumes unless they are empty."""
    if state.id is None:
        return
    if shutil.which("docker") is None:
        say("docker is not on PATH, so leftovers of a killed update on the local engine are not removed")
        return
    for kind, listing in KINDS.items():
        for identity in _listed(listing, f"{ID_LABEL}={state.id}"):
            if identity in state.ids() or (kind == "volume" and _has_data(state, identity)):
                continue
            say(f"{state.name}: removes the {kind} {identity[:12]}, which a killed update left behind")
            _docker(kind, "rm", *([] if kind == "network" else ["--force"]), identity)


def _listed(listing: list[str], label: str) -> list[str]:
    template = "{{.Name}}" if listing[0] == "volume" else "{{.ID}}"
    return (_docker(*listing, "--filter", f"label={label}", "--format", template) or "").split()


def _has_data(state: State, volume: str) -> bool:
    """Return whether a data volume has files: then an earlier update retained it, and no killed update made it."""
    if volume not in _listed(["volume", "ls"], DATA_LABEL):
        return False
    settings: Any = state.cluster()
    run_ls = ["run", "--rm", "--network=none", "--entrypoint=ls", f"--volume={volume}:/data:ro", settings["image"]]
    listing = _docker(*run_ls, "--almost-all", "/data")
    return listing is None or listing.strip() != ""


def _docker(*arguments: str) -> str | None:
    """Return the output of Docker's client, or None if it fails: it prints its own error."""
    command = ["docker", *arguments]
    try:
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        fail(
            f"the local Docker engine does not answer `docker {arguments[0]}` after {TIMEOUT_S} s; restart it "
            "(sudo systemctl restart docker), and run this again"
        )
    return done.stdout if done.returncode == 0 else None
