"""Changes of engines that restart them, in words: what a preview says of them."""

from collections.abc import Mapping

from components.machines.prior_state import EngineState

VERSION_S, SETTINGS_S = 60, 30  # that a machine takes, seen with applications that start in seconds


def announcements(before: Mapping[str, EngineState], wanted: Mapping[str, EngineState]) -> list[str]:
    """Return a line for each change of engines, with its machines in the order of `wanted`.

    Example: ``engine 28.5.1 -> 28.5.2: worker-1, manager-1; each restarts, one at a time; about 2 min``
    """
    machines: dict[str, list[str]] = {}
    seconds: dict[str, int] = {}
    for name, new in wanted.items():
        old = before.get(name)
        change = _change(old, new) if old else ""
        if change:
            machines.setdefault(change, []).append(name)
            seconds[change] = VERSION_S if "->" in change else SETTINGS_S
    return [_line(change, names, seconds[change]) for change, names in machines.items()]


def _change(old: EngineState, new: EngineState) -> str:
    if old.version != new.version:
        return f"engine {old.version} -> {new.version}"
    keys = sorted(key for key in {*old.daemon, *new.daemon} if old.daemon.get(key) != new.daemon.get(key))
    return f"settings of the engine ({', '.join(keys)})" if keys else ""


def _line(change: str, names: list[str], seconds: int) -> str:
    minutes = max(1, round(len(names) * seconds / 60))
    each = "it restarts" if len(names) == 1 else "each restarts, one at a time"
    return f"{change}: {', '.join(names)}; {each}; about {minutes} min"
