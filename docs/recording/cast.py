"""Recordings of a terminal as files: asciicast, version 2, the format of asciinema.

Source: https://docs.asciinema.org/manual/asciicast/v2/
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

VERSION = 2


@dataclass(frozen=True)
class Event:
    """Text that a terminal got."""

    time_s: float  # since the recording began
    text: str


@dataclass(frozen=True)
class Cast:
    """A recording: what a terminal of that many columns got, and when."""

    title: str
    columns: int
    idle_limit_s: float  # pauses are shown no longer than this
    events: tuple[Event, ...]

    @property
    def lines(self) -> int:
        """Number of lines that the text takes at most."""
        return 1 + sum(1 + len(event.text) // self.columns for event in self.events)

    def without_idle(self) -> "Cast":
        """Return the recording with every pause cut to the limit."""
        shown, now, before = [], 0.0, 0.0
        for event in self.events:
            now += min(max(event.time_s - before, 0), self.idle_limit_s)
            before = event.time_s
            shown.append(replace(event, time_s=round(now, 2)))
        return replace(self, events=tuple(shown))


def write(cast: Cast, path: Path) -> None:
    """Write a recording: a line of JSON on all of it, then one for each event."""
    head = {
        "version": VERSION,
        "width": cast.columns,
        "height": cast.lines,
        "idle_time_limit": cast.idle_limit_s,
        "title": cast.title,
    }
    rows = [head, *([round(event.time_s, 2), "o", event.text] for event in cast.events)]
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")


def read(path: Path) -> Cast:
    """Read a recording.

    Errors: `ValueError` if it has another version of the format.
    """
    head, *rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    if head.get("version") != VERSION:
        raise ValueError(f"{path.name}: asciicast {head.get('version')} given; allowed: {VERSION}; record it again")
    events = tuple(Event(time_s, text) for time_s, kind, text in rows if kind == "o")
    return Cast(head["title"], head["width"], head["idle_time_limit"], events)
