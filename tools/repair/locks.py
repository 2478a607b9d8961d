"""Locks of stacks in a state folder; other backends look after their own."""

import json
import os
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from tools.repair.state import PROJECT, pulumi, say

PATIENCE_S = 600
INTERVAL_S = 5


def locks(stack: str) -> Iterable[dict[str, Any]]:
    """Those of a stack: the process of each, and its computer."""
    backend = urlparse(os.environ.get("PULUMI_BACKEND_URL", ""))
    if backend.scheme == "file":
        folder = Path(backend.path) / ".pulumi" / "locks" / "organization" / PROJECT / stack
        for file in folder.glob("*.json"):
            yield json.loads(file.read_text())


def is_alive(lock: dict[str, Any]) -> bool:
    """Whether the process may still run."""
    if lock["hostname"] != socket.gethostname():
        return True  # another machine's process cannot be seen from here
    try:
        os.kill(lock["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def free(stack: str) -> None:
    """Waits for an update that still runs; cancels the lock of one that does not."""
    deadline = time.monotonic() + PATIENCE_S
    while held := list(locks(stack)):
        alive = [lock for lock in held if is_alive(lock)]
        if not alive:
            say(f"{stack}: cancels the lock of a process that is gone")
            pulumi("cancel", "--yes", "--stack", stack)
            return
        owner = f"process {alive[0]['pid']} on {alive[0]['hostname']}"
        if time.monotonic() > deadline:
            sys.exit(f"{stack}: {owner} has updated it for {PATIENCE_S} s; end it, or run `pulumi cancel`")
        say(f"{stack}: waits for {owner}, which is updating it")
        time.sleep(INTERVAL_S)
