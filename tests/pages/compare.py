"""Comparison of the output that a page shows with the output of its command."""

import re
from collections.abc import Sequence

ANYTHING = "..."  # a line of the page for any number of lines
FIGURES = re.compile(r"\b[0-9a-f]{6,}\b|\d+")


def masked(line: str) -> str:
    """Return a line without what differs from run to run: figures, ids, spaces around it and between its columns."""
    return re.sub(r" {2,}", "  ", FIGURES.sub("0", re.sub(r"\x1b\[[0-9;]*m", "", line))).strip()


def missing(shown: Sequence[str], printed: str) -> list[str]:
    """Return the lines of the page that the command did not print, in their order."""
    rest = [masked(line) for line in printed.replace("\r", "").splitlines()]
    lost = []
    for line in shown:
        if line.strip() in ("", ANYTHING):
            continue
        wanted = re.escape(masked(line)).replace(re.escape(ANYTHING), ".*")
        place = next((number for number, one in enumerate(rest) if re.fullmatch(wanted, one)), None)
        if place is None:
            lost.append(line)
        else:
            rest = rest[place + 1 :]
    return lost
