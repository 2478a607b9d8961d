"""Tells which data volumes a `destroy` keeps, and how to take them over: `python -m tools.retained_volumes STACK`.

Stops with a message where something is protected, as Pulumi and Exoscale refuse that only when all else is gone, and
where the setting `volumes.retain_on_destroy` is not what the last `up` made of it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TYPES = ("docker:index/volume:Volume", "exoscale:index/blockStorageVolume:BlockStorageVolume")
SUFFIX = "-volume"  # of the logical names of data volumes
PROTECTION = ("pulumi_protect", "destroy_protection")


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
        return (
            "volumes.retain_on_destroy is true, but the last `up` did not know, so the data would be lost: run "
            "`make up` first"
        )
    return (
        "volumes.retain_on_destroy is false, but the last `up` did not know, so volumes would be left behind: run "
        "`make up` first, or set it to true"
    )


def protected(resources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Logical names of what Pulumi or Exoscale will not destroy."""
    return [
        resource["urn"].rpartition("::")[2]
        for resource in resources
        if resource.get("protect") or (resource.get("inputs") or {}).get("destroyProtected") is True
    ]


def refusal(names: Sequence[str], machines: Mapping[str, Any]) -> str | None:
    """Why nothing is destroyed, and what to do, if something is protected."""
    if not names:
        return None
    given = [f"machines.{setting}" for setting in PROTECTION if machines.get(setting) is True]
    what = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
    if given:
        return (
            f"{' and '.join(given)}: true, so nothing is destroyed ({what}): set false, `make up`, and then this again"
        )
    return f"the last `up` protected {what}, and settings do not say so any more: run `make up`, and then this again"


def report(found: Sequence[Found]) -> str:
    """What is left, and how another infrastructure gets it."""
    kept = [volume for volume in found if volume.kept]
    if not kept:
        return ""
    lines = [f"  pulumi config set --path nuvla-swarm:volumes.{volume.name}.import_id {volume.id}" for volume in kept]
    return "\n".join(["kept, with all that they hold; the next `up` takes them over after", *lines, ""])


def _pulumi(*arguments: str) -> Any:
    done = subprocess.run(["pulumi", *arguments], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)  # it has said why
    return json.loads(done.stdout)


def main() -> None:
    """Prints the report, for after the destruction."""
    [stack] = sys.argv[1:]
    resources = (_pulumi("stack", "export", "--stack", stack)["deployment"] or {}).get("resources") or []
    config = _pulumi("config", "--json", "--stack", stack)
    machines, settings = (
        config.get(f"nuvla-swarm:{key}", {}).get("objectValue", {}) for key in ("machines", "volumes")
    )
    found = list(volumes(resources))
    wrong = refusal(protected(resources), machines) or mistake(found, settings.get("retain_on_destroy", False) is True)
    if wrong:
        sys.exit(f"error: {wrong}")
    print(report(found), end="")


if __name__ == "__main__":
    main()
