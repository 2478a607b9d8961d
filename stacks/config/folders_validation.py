"""What has to hold between the folders that existing machines have data in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacks.config.settings import Settings

ONLY_IN = {"nfs": "target", "db": "host", "streams": "host"}  # kinds of volumes that not every kind has


def _volumes_are_apart(settings: Settings) -> Iterator[str]:
    """One line for each volume that a setting has put where another one is, or the other one into it."""
    machines = settings.machines
    if machines.provider != "existing":
        return
    names = [name for name in type(settings.volumes).model_fields if name != "keep"]
    given = {name: getattr(settings.volumes, name).path for name in names}
    folders = {
        name: PurePosixPath(given[name] or f"{machines.data_path}/{name}")
        for name in names
        if given[name] or ONLY_IN.get(name, settings.kind) == settings.kind
    }
    told: dict[str, str] = {}
    for one, other in combinations(folders, 2):
        # Of two folders that settings name, the later one or the inner one is wrong; else the one that a setting names.
        outer, inner = (one, other) if folders[other].is_relative_to(folders[one]) else (other, one)
        if not folders[inner].is_relative_to(folders[outer]):
            continue
        wrong, right = (inner, outer) if given[inner] else (outer, inner)
        if folders[inner] == folders[outer]:
            allowed = f"another folder than that of volumes.{right}"
        elif wrong == inner:
            allowed = f"a folder outside that of volumes.{right}, {folders[right]}"
        else:
            allowed = f"a folder without that of volumes.{right}, {folders[right]}"
        told.setdefault(wrong, f"volumes.{wrong}.path: {folders[wrong]} given; allowed: {allowed}")
    yield from told.values()


CHECKS = (_volumes_are_apart,)
