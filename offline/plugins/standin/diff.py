"""Differences between two sets of inputs, path by path."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from standin.values import Value, Values


class Kind(Enum):
    """How a property changed."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class Change:
    """One changed property."""

    path: str  # "triggers[0]", "environment.NAME"
    kind: Kind
    replaces: bool = False

    @property
    def top(self) -> str:
        """The input that the path begins with."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


def changes(old: Values, new: Values, ignored: frozenset[str] = frozenset()) -> list[Change]:
    """Changes of inputs; a value inside a secret is compared but not told apart, as the engine shows none of it."""
    names = sorted(name for name in old.keys() | new.keys() if name not in ignored and not name.startswith("__"))
    return [change for name in names for change in _compare(old.get(name), new.get(name), name)]


def _compare(old: Value, new: Value, path: str) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _compare(old.get(name), new.get(name), path + _step(name))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from _compare(before, after, f"{path}[{index}]")
    elif old != new:
        kind = Kind.ADD if old is None else Kind.DELETE if new is None else Kind.UPDATE
        yield Change(path, kind)


_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*\Z")


def _step(name: str) -> str:
    if _NAME.match(name):
        return f".{name}"
    escaped = name.replace('"', '\\"')
    return f'["{escaped}"]'
