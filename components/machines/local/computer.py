"""What local machines need of the kernel that they share with the computer."""

from collections.abc import Iterator
from pathlib import Path

INOTIFY_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
# Of root's inotify instances: systemd has 3 of them, cAdvisor 2, the engine 1, and the Traefik of a manager 1.
INSTANCES_PER_MACHINE = 7


def lacks(machines: int) -> Iterator[str]:
    """Yield a line if the kernel allows fewer inotify instances than so many machines need.

    The first that gets none may be anything: cAdvisor and systemd end, and Docker says only that a task has failed.
    """
    needed = machines * INSTANCES_PER_MACHINE
    limit = int(INOTIFY_LIMIT.read_text(encoding="ascii")) if INOTIFY_LIMIT.exists() else needed
    if limit < needed:
        yield (
            f"machines.pools: {machines} machines given; allowed: {limit // INSTANCES_PER_MACHINE} on this computer,"
            f" whose kernel gives root {limit} inotify instances; for more, first run"
            f" 'sudo sysctl fs.inotify.max_user_instances={-(-needed // 128) * 128}'"
        )
