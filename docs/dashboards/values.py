"""Values as texts with their units, and their colors, as Grafana shows them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

COLORS = {
    "green": "#56a64b",
    "orange": "#ff780a",
    "red": "#e02f44",
    "blue": "#3274d9",
    "yellow": "#f2cc0c",
    "transparent": "#24292e",
    "text": "#24292e",
}
DAY_S, HOUR_S, MINUTE_S = 86400, 3600, 60


def text(value: float, unit: str) -> str:
    """Return a value with its unit."""
    if unit.startswith("suffix:"):
        return f"{_short(value)} {unit.removeprefix('suffix:').strip()}"
    forms: dict[str, Callable[[float], str]] = {
        "percentunit": lambda share: f"{_short(share * 100)} %",
        "bool_yes_no": lambda truth: "Yes" if truth else "No",
        "bytes": lambda size: _scaled(size, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]),
        "Bps": lambda size: _scaled(size, 1000, ["B/s", "kB/s", "MB/s", "GB/s"]),
        "s": _duration,
    }
    suffix = {"reqps": " req/s", "ops": " ops/s", "pps": " p/s"}.get(unit, "")
    count = f"{_scaled(value, 1000, ['', 'K', 'Mil', 'Bil']).strip()}{suffix}"
    return forms[unit](value) if unit in forms else count


def color(value: float | None, steps: Sequence[Mapping[str, Any]]) -> str:
    """Return the color of a value by its thresholds, whose first step holds below all numbers."""
    name = "text"
    for step in steps:
        if step["value"] is None or (value is not None and value >= step["value"]):
            name = step["color"]
    return COLORS.get(name, name)


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _scaled(value: float, base: int, units: Sequence[str]) -> str:
    size, place = abs(value), 0
    while size >= base and place < len(units) - 1:
        size /= base
        place += 1
    return f"{'-' if value < 0 else ''}{_short(size)} {units[place]}"


def _duration(value: float) -> str:
    size = abs(value)
    for unit_s, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if size >= unit_s:
            return f"{_short(value / unit_s)} {name}"
    return f"{_short(value)} s" if size >= 1 or not value else f"{_short(value * 1000)} ms"
