"""Locks of stacks in a state folder; other backends handle their own locks."""

import json
import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from tools.console import fail, say
from tools.pulumi_cli import pulumi
from tools.repair.state import PROJECT

LOCK_TIMEOUT_S = 600
INTERVAL_S = 5


def locks(stack: str) -> Iterable[dict[str, Any]]:
    """Yield the locks of a stack, each with its process and computer."""
    backend = urlparse(os.environ.get("PULUMI_BACKEND_URL", ""))
    if backend.scheme == "file":
        folder = Path(backend.path) / ".pulumi" / "locks" / "organization" / PROJECT / stack.rpartition("/")[2]
        for file in folder.glob("*.json"):
            yield json.loads(file.read_text())


def is_alive(lock: dict[str, Any]) -> bool:
    """Return whether the process of a lock may still run."""
    if lock["hostname"] != socket.gethostname():
        return True  # this computer cannot see the processes of another one
    try:
        os.kill(lock["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # the process belongs to another user
    return True


def free(stack: str) -> None:
    """Wait for an update that still runs; cancel the lock of an update whose process is gone."""
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while held := list(locks(stack)):
        alive = [lock for lock in held if is_alive(lock)]
        if not alive:
            say(f"{stack}: cancels the lock of a process that is gone")
            pulumi("cancel", "--yes", "--stack", stack)
            return
        owner = f"process {alive[0]['pid']} on {alive[0]['hostname']}"
        if time.monotonic() > deadline:
            fail(
                f"{stack}: {owner} has updated it for {LOCK_TIMEOUT_S} s; end that process, or run `pulumi cancel "
                f"--stack {stack}`"
            )
        say(f"{stack}: waits for {owner}, which is updating it")
        time.sleep(INTERVAL_S)
