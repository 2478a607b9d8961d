"""Memory use of machines, by program."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def used_kib(machines: list[str]) -> Counter[str]:
    """Return the memory of all processes in these containers, in KiB by name of the program.

    The figure is the proportional set size plus swapped pages: it counts shared pages once, and leaves out cached pages
    of files that no process has mapped.
    """
    used: Counter[str] = Counter()
    for process in _processes([_first(machine) for machine in machines]):
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            name = Path(f"/proc/{process}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the process has just ended
        used[name] += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(("Pss:", "SwapPss:")))
    return used


def _first(container: str) -> int:
    command = ["docker", "inspect", "--format", "{{.State.Pid}}", container]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _processes(roots: list[int]) -> Iterator[int]:
    """Yield processes and all their descendants; in a container, the first process adopts orphans."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(parent), []).append(int(path.parent.name))
    waiting = list(roots)
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children.get(process, [])
