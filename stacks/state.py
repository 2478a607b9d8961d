"""What the last update left in the state of this stack, for what must not be lost by the next one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

# A function of the engine itself, which asks the backend of the state, and nobody else.
FUNCTION = "pulumi:pulumi:readStackResourceOutputs"
VOLUMES = ("docker:index/volume:Volume", "exoscale:index/blockStorageVolume:BlockStorageVolume")
VOLUME_SUFFIX = "-volume"  # of the logical names of data volumes
CLUSTER = "nuvla:machines:ExoscaleCluster"


@dataclass(frozen=True)
class Resource:
    """A resource of the state."""

    type: str
    name: str  # logical
    outputs: Mapping[str, Any]


def resources() -> list[Resource]:
    """All of them; none before the first update."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    answer = pulumi.runtime.invoke(FUNCTION, {"stackName": stack}).value
    found: dict[str, dict[str, Any]] = (answer or {}).get("outputs") or {}
    return [
        Resource(type=entry["type"], name=urn.rpartition("::")[2], outputs=entry.get("outputs") or {})
        for urn, entry in found.items()
    ]


def volumes(found: Collection[Resource]) -> dict[str, Resource]:
    """The data volumes, by the name of their settings."""
    return {
        one.name.removesuffix(VOLUME_SUFFIX): one
        for one in found
        if one.type in VOLUMES and one.name.endswith(VOLUME_SUFFIX)
    }


def protected(found: Collection[Resource]) -> list[str]:
    """Logical names of what is there and was protected by the last update."""
    there = {one.name for one in found}
    return [
        name for one in found if one.type == CLUSTER for name in one.outputs.get("protected") or [] if name in there
    ]
