"""What of a stack's swarm is missing, left over, or another than the state says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.repair.state import Made
from tools.repair.swarm import ID_LABEL, Found

STOPPED = ("paused", "rollback_started", "rollback_paused", "rollback_completed")  # states of a service's update


@dataclass(frozen=True)
class Differences:
    """Between the swarm and the state."""

    gone: Sequence[Made]  # in the state alone
    changed: Sequence[Made]  # services that somebody described anew
    stopped: Sequence[tuple[Made, Found]]  # services whose update was stopped or taken back
    strays: Sequence[Found]  # of this infrastructure, in the swarm alone


def compare(made: Sequence[Made], found: Sequence[Found], identity: str | None) -> Differences:
    """What differs; whatever bears another id than that of the infrastructure belongs to somebody else."""
    there = {(one.kind, one.id): one for one in found}
    known = {(one.kind, one.id) for one in made}
    services = [
        (one, there[one.kind, one.id])
        for one in made
        if one.kind == "services" and not one.leaves and (one.kind, one.id) in there
    ]
    return Differences(
        gone=[one for one in made if (one.kind, one.id) not in there],
        changed=[one for one, now in services if of_state(one.outputs) != of_swarm(now.raw["Spec"])],
        stopped=[(one, now) for one, now in services if now.update_state in STOPPED],
        strays=[
            one
            for key, one in there.items()
            if key not in known and identity is not None and one.labels.get(ID_LABEL) == identity
        ],
    )


def of_swarm(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the program sets of a service, as Docker's API tells it."""
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
    """The same, as the state has it."""
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
