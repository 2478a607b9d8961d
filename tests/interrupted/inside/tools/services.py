"""What Docker's API tells of a swarm, and changes of its services."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.interrupted.inside.tools.store import Answer, State, save


def of_managers(act: Callable[..., Answer]) -> Callable[..., Answer]:
    """Only managers answer that."""

    def asked(state: State, *rest: Any) -> Answer:
        if not state["swarm"]["ControlAvailable"]:
            return 503, {"message": "This node is not a swarm manager."}
        if state["swarm"].get("Leaderless"):
            return 503, {"message": "The swarm does not have a leader."}
        return act(state, *rest)

    return asked


def tasks(state: State, given: Mapping[str, str], *_: Any) -> Answer:
    """Those that are asked for."""
    wanted: dict[str, dict[str, bool]] = json.loads(given.get("filters", "{}"))
    names = {one["ID"]: one["Spec"]["Name"] for one in state["services"]}

    def fits(task: Mapping[str, Any]) -> bool:
        services = {task["ServiceID"], names.get(task["ServiceID"])}
        asked = {"service": services, "node": {task["NodeID"]}, "desired-state": {task["DesiredState"]}}
        asked["runtime"] = {"container"}
        return all(values & wanted[key].keys() for key, values in asked.items() if key in wanted)

    return 200, [task for task in state["tasks"] if fits(task)]


def services(state: State, given: Mapping[str, str], *_: Any) -> Answer:
    """Those of an id, a label and a mode, if there is one."""
    wanted: dict[str, dict[str, bool]] = json.loads(given.get("filters", "{}"))

    def fits(service: Mapping[str, Any]) -> bool:
        given = service["Spec"].get("Labels", {})
        labels = given.keys() | {f"{key}={value}" for key, value in given.items()}
        modes = {mode.lower() for mode in service["Spec"].get("Mode", {})}
        found = {"id": {service["ID"]}, "label": labels, "mode": modes}
        return all(values & wanted[key].keys() for key, values in found.items() if key in wanted)

    return 200, [service for service in state["services"] if fits(service)]


def update_service(state: State, _: Any, body: Mapping[str, Any], service: str) -> Answer:
    """Another description, and as many tasks as it wants."""
    [found] = [one for one in state["services"] if one["ID"] == service]
    found["Spec"] = dict(body)
    schedule(state)
    save(state)
    return 200, {"Warnings": None}


def schedule(state: State) -> None:
    """As many tasks as services want, on the first nodes that take them; of too many, those of the last slots go."""
    states = {node["ID"]: (node["Status"]["State"], node["Spec"]["Availability"]) for node in state["nodes"]}
    for service in state["services"]:
        own = [task for task in state["tasks"] if task["ServiceID"] == service["ID"]]
        kept = [task for task in own if states.get(task["NodeID"], ("", ""))[1] != "drain"]
        wanted = service["Spec"]["Mode"]["Replicated"]["Replicas"]
        constraints = service["Spec"]["TaskTemplate"].get("Placement", {}).get("Constraints") or []
        takers = [
            node for node, found in states.items() if found == ("ready", "active") and takes(state, node, constraints)
        ]
        slots = [slot for slot in range(1, wanted + 1) if slot not in {task["Slot"] for task in kept}]
        for slot in slots[: wanted - len(kept)] if takers else ():
            kept.append(running(service, slot, takers[0]))
        others = [task for task in state["tasks"] if task["ServiceID"] != service["ID"]]
        state["tasks"] = others + sorted(kept, key=lambda task: int(task["Slot"]))[:wanted]
        service["ServiceStatus"] = {"RunningTasks": len(kept[:wanted]), "DesiredTasks": wanted, "CompletedTasks": 0}


def running(service: Mapping[str, Any], slot: int, node: str) -> dict[str, Any]:
    """A task on a node."""
    began = "2026-01-01T00:00:00Z"
    return {
        "ID": f"{service['ID']}-{slot}-{node}",
        "ServiceID": service["ID"],
        "NodeID": node,
        "Slot": slot,
        "DesiredState": "running",
        "Spec": service["Spec"]["TaskTemplate"],
        "Status": {"State": "running", "Timestamp": began},
        "CreatedAt": began,
    }


def takes(state: State, node: str, constraints: list[str]) -> bool:
    """Whether a node is what constraints ask for."""
    [labels] = [one["Spec"]["Labels"] for one in state["nodes"] if one["ID"] == node]
    given = {"node.id": node} | {f"node.labels.{key}": value for key, value in labels.items()}
    return all(given.get(key) == value for key, _, value in (one.partition("==") for one in constraints))


def finder(kind: str) -> Callable[..., Answer]:
    """One of a kind, by its id or name."""

    def act(state: State, _: Any, __: Any, name: str) -> Answer:
        for one in state[kind]:
            if name in (one["ID"], one["Spec"].get("Name"), one.get("Description", {}).get("Hostname")):
                return 200, one
        return 404, {"message": f"{kind[:-1]} {name} not found"}

    return of_managers(act)
