"""Wording of error lines about defaults: the user did not give these values."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

GIVEN = re.compile(r"(?<=\S)(?<!: not)(?<!: none) given(?=[,;])")
DEFAULT = " (the default)"


def without_blame(lines: Iterable[str], document: Mapping[str, Any]) -> list[str]:
    """Return the lines; say `(the default)` for `given` if the document lacks the path at the start of a line."""
    return [
        line if is_given(document, line.partition(": ")[0]) else GIVEN.sub(DEFAULT, line, count=1) for line in lines
    ]


def is_given(document: Any, path: str) -> bool:
    """Return whether a document of plain values has a path such as `swarm.address_pools[0]`."""
    if not path:
        return True
    index = re.match(r"\[(\d+)\]\.?", path)
    if index:
        return (
            isinstance(document, Sequence)
            and int(index[1]) < len(document)
            and is_given(document[int(index[1])], path[index.end() :])
        )
    if not isinstance(document, Mapping):
        return False
    return any(  # a key may have dots in it
        is_given(document[key], path[len(key) :].removeprefix("."))
        for key in document
        if path == key or path.startswith((f"{key}.", f"{key}["))
    )
