"""Changes that restart or rebuild members of a swarm, in words: what a preview says of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.machines.prior_state import EngineState
from components.machines.turns import Build

RESTARTS, REBUILT, REPLACED = "restarts", "stops, and starts again with its disk", "is replaced, with an empty disk"
UPGRADED = "restarts if the new packages need it"
# That a machine takes, seen with applications that start in seconds; an instance of a cloud boots within minutes.
SETTINGS_S, VERSION_S, UPGRADED_S, REBUILT_S, REPLACED_S = 30, 60, 120, 60, 240


def announcements(before: Mapping[str, EngineState], wanted: Mapping[str, EngineState]) -> list[str]:
    """Return a line for each change, with its machines in the order of `wanted`.

    Example: ``engine 28.5.1 -> 28.5.2: worker-1, manager-1; each restarts, one at a time; about 2 min``
    """
    machines: dict[tuple[str, str, int], list[str]] = {}
    for name, new in wanted.items():
        old = before.get(name)
        for change in _changes(old, new) if old else ():
            machines.setdefault(change, []).append(name)
    return [_line(*change, names) for change, names in machines.items()]


def _changes(old: EngineState, new: EngineState) -> Iterator[tuple[str, str, int]]:
    """Yield what changes, what it does to the machine, and the seconds that it takes."""
    if old.build is not None and new.build is not None:
        yield from _builds(old.build, new.build)
    if new.upgrade is not None and old.upgrade != new.upgrade:
        yield f"packages of the system ({new.upgrade})", UPGRADED, UPGRADED_S
    if old.version != new.version:
        yield f"engine {old.version} -> {new.version}", RESTARTS, VERSION_S
    elif keys := _different(old.daemon, new.daemon) + _different(old.access, new.access):
        yield f"settings of the engine ({', '.join(keys)})", RESTARTS, SETTINGS_S


def _builds(old: Build, new: Build) -> Iterator[tuple[str, str, int]]:
    if old.system != new.system:
        yield f"system {old.system} -> {new.system}", REPLACED, REPLACED_S
    elif keys := _different(old.shape, new.shape):
        yield (
            ", ".join(f"{key} {_text(old.shape.get(key))} -> {_text(new.shape.get(key))}" for key in keys),
            REBUILT,
            REBUILT_S,
        )


def _different(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[str]:
    if old is None or new is None:  # the state does not say
        return []
    return sorted(key for key in {*old, *new} if old.get(key) != new.get(key))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " + ".join(map(str, value)) or "none"
    return str(value) if value not in (None, "") else "none"


def _line(change: str, effect: str, seconds: int, names: list[str]) -> str:
    minutes = max(1, round(len(names) * seconds / 60))
    each = f"it {effect}" if len(names) == 1 else f"each {effect}, one at a time"
    return f"{change}: {', '.join(names)}; {each}; about {minutes} min"
