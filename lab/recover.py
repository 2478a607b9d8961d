"""Mends what a killed update left behind: a lock without its process, and things that are in no state.

Used by `make up` and `make down`, before Pulumi. What a stack makes on the local engine and in its swarm
bears the stack's own label, so that nothing else is ever touched.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

PROJECT = "nuvla-swarm"
LABEL = "io.nuvla.swarm.stack"
DATA_LABEL = "io.nuvla.swarm.data"  # of volumes that an earlier infrastructure may have left on purpose
PATIENCE_S = 600
OUTSIDE = {"container": ["ps", "-a"], "volume": ["volume", "ls"], "network": ["network", "ls"]}
INSIDE = {
    "service": ["service", "ls"],
    "config": ["config", "ls"],
    "secret": ["secret", "ls"],
    "network": ["network", "ls"],
}


def say(text: str) -> None:
    print(text, file=sys.stderr)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def locks(stack: str) -> Iterable[dict[str, Any]]:
    """Locks of the stack in a state folder; other backends look after their own."""
    backend = urlparse(os.environ.get("PULUMI_BACKEND_URL", ""))
    if backend.scheme == "file":
        folder = Path(backend.path) / ".pulumi" / "locks" / "organization" / PROJECT / stack
        for file in folder.glob("*.json"):
            yield json.loads(file.read_text())


def is_alive(lock: dict[str, Any]) -> bool:
    if lock["hostname"] != socket.gethostname():
        return True  # another machine's process cannot be seen from here
    try:
        os.kill(lock["pid"], 0)
    except ProcessLookupError:
        return False
    return True


def free(stack: str) -> None:
    """Waits for an update that still runs; cancels the lock of one that does not."""
    deadline = time.monotonic() + PATIENCE_S
    while held := list(locks(stack)):
        alive = [lock for lock in held if is_alive(lock)]
        if not alive:
            say(f"{stack}: cancels the lock of a process that is gone")
            run("pulumi", "cancel", "--yes", "--stack", stack)
            return
        owner = f"process {alive[0]['pid']} on {alive[0]['hostname']}"
        if time.monotonic() > deadline:
            sys.exit(f"{stack}: {owner} has updated it for {PATIENCE_S} s; end it, or run `pulumi cancel`")
        say(f"{stack}: waits for {owner}, which is updating it")
        time.sleep(5)


def deployment(stack: str) -> dict[str, Any]:
    return json.loads(run("pulumi", "stack", "export", "--stack", stack))["deployment"] or {}


def labelled(stack: str, listing: list[str], inside: list[str]) -> list[str]:
    ids = "{{.Name}}" if listing[0] == "volume" else "{{.ID}}"
    filters = ["--filter", f"label={LABEL}={PROJECT}/{stack}", "--format", ids]
    no_trunc = ["--no-trunc"] if listing[0] in ("ps", "network") else []
    found = run(*inside, "docker", *listing, *no_trunc, *filters).split()
    if listing[0] == "volume":
        data = run("docker", "volume", "ls", "--quiet", "--filter", f"label={DATA_LABEL}").split()
        return [volume for volume in found if volume not in data or is_empty(stack, volume)]
    return found


def is_empty(stack: str, volume: str) -> bool:
    """Whether nobody has used a data volume yet: what a killed update made, and not what an earlier one left."""
    config = json.loads(run("pulumi", "config", "--json", "--stack", stack))
    image = config[f"{PROJECT}:machines"]["objectValue"]["image"]
    look = ["run", "--rm", "--network=none", "--entrypoint=ls", f"--volume={volume}:/data:ro", image, "--almost-all"]
    return not run("docker", *look, "/data").strip()


def orphans(stack: str, kinds: dict[str, list[str]], known: set[str], inside: list[str]) -> None:
    """Removes what bears the stack's label and is in no state."""
    for kind, listing in kinds.items():
        for found in labelled(stack, listing, inside):
            if not any(identity.startswith(found) for identity in known):
                say(f"{stack}: removes the {kind} {found[:12]}, which a killed update left behind")
                force = ["--force"] if kind in ("container", "volume") else []
                run(*inside, "docker", kind, "rm", *force, found)


def managers(stack: str) -> list[str]:
    """Running local machines that manage a swarm."""
    found = []
    for container in labelled(stack, ["ps"], []):
        answer = subprocess.run(
            ["docker", "exec", container, "docker", "info", "--format", "{{.Swarm.ControlAvailable}}"],
            check=False,
            capture_output=True,
            text=True,
        )
        if answer.stdout.strip() == "true":
            found.append(container)
    return found


def main(stack: str) -> None:
    free(stack)
    state = deployment(stack)
    if not state.get("pending_operations"):
        return  # nothing was interrupted; what bears the label without being in this state is somebody else's
    known = {resource["id"] for resource in state.get("resources") or [] if "id" in resource}
    for manager in managers(stack)[:1]:
        orphans(stack, INSIDE, known, ["docker", "exec", manager])
    orphans(stack, OUTSIDE, known, [])


if __name__ == "__main__":
    main(sys.argv[1])
