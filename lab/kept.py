"""Tells which data volumes a `destroy` keeps, and how to take them over: `python lab/kept.py STACK`.

Stops with a message where the setting `volumes.keep` is not what the last `up` made of it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TYPES = ("docker:index/volume:Volume", "exoscale:index/blockStorageVolume:BlockStorageVolume")
SUFFIX = "-volume"  # of the logical names of data volumes


@dataclass(frozen=True)
class Found:
    """A data volume of the state."""

    name: str  # as `volumes.<name>` is set
    id: str
    kept: bool


def volumes(resources: Sequence[Mapping[str, Any]]) -> Iterator[Found]:
    """The data volumes among the resources of a state."""
    for resource in resources:
        name = resource["urn"].rpartition("::")[2]
        if resource["type"] in TYPES and name.endswith(SUFFIX):
            identity = resource.get("id", "").partition("@")[0]
            yield Found(name.removesuffix(SUFFIX), identity, resource.get("retainOnDelete", False))


def mistake(found: Sequence[Found], keep: bool) -> str | None:
    """What is wrong when the setting and the state differ."""
    if not found or all(volume.kept == keep for volume in found):
        return None
    if keep:
        return "volumes.keep is true, but the last `up` did not know, so the data would be lost: run `make up` first"
    return (
        "volumes.keep is false, but the last `up` did not know, so volumes would be left behind: run `make up` first, "
        "or set it to true"
    )


def report(found: Sequence[Found]) -> str:
    """What is left, and how another infrastructure gets it."""
    kept = [volume for volume in found if volume.kept]
    if not kept:
        return ""
    lines = [f"  pulumi config set --path nuvla-swarm:volumes.{volume.name}.id {volume.id}" for volume in kept]
    return "\n".join(["kept, with all that they hold; the next `up` takes them over after", *lines, ""])


def _pulumi(*arguments: str) -> Any:
    done = subprocess.run(["pulumi", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def main() -> None:
    """Prints the report, for after the destruction."""
    [stack] = sys.argv[1:]
    state = _pulumi("stack", "export", "--stack", stack)["deployment"] or {}
    found = list(volumes(state.get("resources") or []))
    config = _pulumi("config", "--json", "--stack", stack)
    settings = config.get("nuvla-swarm:volumes", {}).get("objectValue", {})
    wrong = mistake(found, settings.get("keep", False) is True)
    if wrong:
        sys.exit(f"error: {wrong}")
    print(report(found), end="")


if __name__ == "__main__":
    main()
