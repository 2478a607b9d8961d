"""Comparison of a swarm with the state: missing, changed, stopped and stray objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.repair.state import SwarmResource
from tools.repair.swarm import ID_LABEL, SwarmObject

STOPPED = ("paused", "rollback_started", "rollback_paused", "rollback_completed")  # states of a service's update


@dataclass(frozen=True)
class Differences:
    """Differences between the swarm and the state."""

    gone: Sequence[SwarmResource]  # only in the state
    changed: Sequence[SwarmResource]  # services that somebody updated without the program
    stopped: Sequence[tuple[SwarmResource, SwarmObject]]  # services whose update Swarm paused or rolled back
    strays: Sequence[SwarmObject]  # objects of this infrastructure that are only in the swarm


def compare(resources: Sequence[SwarmResource], objects: Sequence[SwarmObject], identity: str | None) -> Differences:
    """Return the differences; objects with another id than the infrastructure's belong to somebody else."""
    by_key = {(item.kind, item.id): item for item in objects}
    known = {(item.kind, item.id) for item in resources}
    services = [
        (item, by_key[item.kind, item.id])
        for item in resources
        if item.kind == "services" and not item.leaves and (item.kind, item.id) in by_key
    ]
    return Differences(
        gone=[item for item in resources if (item.kind, item.id) not in by_key],
        changed=[item for item, current in services if of_state(item.outputs) != of_swarm(current.raw["Spec"])],
        stopped=[(item, current) for item, current in services if current.update_state in STOPPED],
        strays=[
            item
            for key, item in by_key.items()
            if key not in known and identity is not None and item.labels.get(ID_LABEL) == identity
        ],
    )


def of_swarm(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a service that the program sets, from Docker's API."""
    task = spec["TaskTemplate"]
    container = task["ContainerSpec"]
    return {
        "image": container["Image"],
        "command": container.get("Command") or [],
        "args": container.get("Args") or [],
        "env": sorted(container.get("Env") or []),
        "user": container.get("User") or "",
        "mounts": sorted(
            (one["Type"], one.get("Source", ""), one["Target"], one.get("ReadOnly", False))
            for one in container.get("Mounts") or []
        ),
        "configs": sorted((one["ConfigID"], one["File"]["Name"]) for one in container.get("Configs") or []),
        "secrets": sorted((one["SecretID"], one["File"]["Name"]) for one in container.get("Secrets") or []),
        "memory": ((task.get("Resources") or {}).get("Limits") or {}).get("MemoryBytes", 0),
        "constraints": sorted((task.get("Placement") or {}).get("Constraints") or []),
        "networks": sorted(one["Target"] for one in task.get("Networks") or []),
        "replicas": spec["Mode"].get("Replicated", {}).get("Replicas"),
        "ports": sorted(
            (one["PublishedPort"], one["TargetPort"], one["Protocol"], one["PublishMode"])
            for one in (spec.get("EndpointSpec") or {}).get("Ports") or []
        ),
        "labels": spec.get("Labels") or {},
    }


def of_state(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a service that the program sets, from the state."""
    task = outputs["taskSpec"]
    container = task["containerSpec"]
    return {
        "image": container["image"],
        "command": container.get("commands") or [],
        "args": container.get("args") or [],
        "env": sorted(f"{key}={value}" for key, value in (container.get("env") or {}).items()),
        "user": container.get("user") or "",
        "mounts": sorted(
            (one["type"], one.get("source") or "", one["target"], one.get("readOnly") or False)
            for one in container.get("mounts") or []
        ),
        "configs": sorted((one["configId"], one["fileName"]) for one in container.get("configs") or []),
        "secrets": sorted((one["secretId"], one["fileName"]) for one in container.get("secrets") or []),
        "memory": ((task.get("resources") or {}).get("limits") or {}).get("memoryBytes") or 0,
        "constraints": sorted((task.get("placement") or {}).get("constraints") or []),
        "networks": sorted(one["id"] for one in task.get("networksAdvanceds") or []),
        "replicas": ((outputs.get("mode") or {}).get("replicated") or {}).get("replicas"),
        "ports": sorted(
            (one["publishedPort"], one["targetPort"], one["protocol"], one["publishMode"])
            for one in (outputs.get("endpointSpec") or {}).get("ports") or []
        ),
        "labels": {one["label"]: one["value"] for one in outputs.get("labels") or []},
    }
