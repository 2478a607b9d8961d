"""A lock of everyone who makes or removes local machines, so that nobody stops the engine between two containers.

Several checkouts share the embedded engine, and `make down` of each stops it if it has no container: tools/stop.sh.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def lock(environment: Mapping[str, str]) -> Path:
    """Return the path of the lock, in the folder that tools/lib.sh calls CACHE."""
    caches = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(environment.get("NUVLA_SWARM_CACHE") or caches / "nuvla-swarm") / "locks" / "engine-use"


@contextmanager
def used(*, is_local: bool) -> Iterator[None]:
    """Hold the lock, beside others who hold it; without local machines, hold nothing."""
    if not is_local:
        yield
        return
    path = lock(os.environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield
