"""What `pulumi preview --diff` shows of each resource, taken from its text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.settings.rows import GONE, NEW, NO_LINE, Change

HEADER = re.compile(r"[ ~+-]*[\w/]+(?::[\w/-]+)+: \(([\w-]+)\)")
URN = re.compile(r" *\[urn=urn:pulumi:.*::(.+)\]")
LINE = re.compile(r'([ ~+-]*)(\[\d+\]|"[^"]+"|[^\s:"](?:[^:"]*[^\s:"])?) *:(?: (.*))?')


@dataclass(frozen=True)
class Shown:
    """What is to be done with one resource, and the lines with a mark that tell why.

    `~ pools: {` above `~ worker: {` above `~ count: 1 => 2` is "pools.worker.count: 1 => 2"; what is added or removed
    keeps its mark, as in "+ labels.disk: "ssd"". Changed lines of a longer text stand below its key in the same way.
    """

    operation: str  # update, replace, create, delete
    changes: list[str] = field(default_factory=list)


def shown(text: str) -> dict[str, Shown]:
    """By the logical name of each resource that the preview mentions."""
    found: dict[str, Shown] = {}
    resource, way, in_text = Shown("none"), [(0, "")], False
    for line in text.splitlines():
        if header := HEADER.fullmatch(line):
            resource, way, in_text = Shown(header[1]), [(0, "")], False
            continue
        if urn := URN.fullmatch(line):
            found[urn[1]] = resource
            continue
        column = way[-1][0]
        if in_text and not line[: column + 1].strip():
            if line[column + 2 : column + 3] in ("+", "-"):
                resource.changes.append(f"{line[column + 2]} {_path(way)}: {line[column + 4 :].strip()}")
            continue
        in_text = False
        if part := LINE.fullmatch(line):
            marks, key, value = part.groups()
            way = [*(step for step in way if 0 < step[0] < len(marks)), (len(marks), key)]
            in_text = not value
            if marks.strip() and value and value[-1] not in "{[":
                resource.changes.append(f"{marks.strip()[0]} {_path(way)}: {value}".removeprefix("~ "))
    return found


def _path(way: list[tuple[int, str]]) -> str:
    return ".".join(key for _, key in way).replace(".[", "[")


def has(resource: Shown, line: str) -> bool:
    """Whether one of the changes is a line, in which a star stands for any text."""
    pattern = re.compile(".*".join(map(re.escape, line.split("*"))))
    return any(pattern.fullmatch(change) for change in resource.changes)


def hidden(change: Change, seen: Mapping[str, Shown], on_component: str, on_resource: str) -> list[Shown]:
    """What is shown of the component or the resource of a change, where that does not have its line."""
    component, resource = (seen.get(name, Shown("none")) for name in (change.component, change.resource))
    found = []
    operation = {NEW: "create", GONE: "delete"}.get(on_component, "update")
    if component.operation != operation or (operation == "update" and not has(component, on_component)):
        found.append(component)
    if on_resource in (NEW, GONE):
        if resource.operation != ("create" if on_resource == NEW else "delete"):
            found.append(resource)
    elif on_resource != NO_LINE and not has(resource, on_resource):
        found.append(resource)
    return found
