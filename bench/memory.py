"""How much memory machines use, by what runs on them."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def used_kib(machines: list[str]) -> Counter[str]:
    """Memory of all processes in these containers by the name of the program; what processes share is counted once.

    It is proportional set size with what is swapped out: pages of files that nobody has mapped are not in it.
    """
    found: Counter[str] = Counter()
    for process in _processes([_first(machine) for machine in machines]):
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            name = Path(f"/proc/{process}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        found[name] += sum(
            int(line.split()[1]) for line in rollup.splitlines() if line.startswith(("Pss:", "SwapPss:"))
        )
    return found


def _first(container: str) -> int:
    command = ["docker", "inspect", "--format", "{{.State.Pid}}", container]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _processes(roots: list[int]) -> Iterator[int]:
    """The processes and all that descend from them: what loses its parent in a container gets the first one."""
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
