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
        return act(state, *rest)

    return asked


def lister(kind: str) -> Callable[..., Answer]:
    """All of a kind."""
    return of_managers(lambda state, *_: (200, state[kind]))


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
    """Those of a label and a mode, if there is one."""
    wanted: dict[str, dict[str, bool]] = json.loads(given.get("filters", "{}"))

    def fits(service: Mapping[str, Any]) -> bool:
        labels = {f"{key}={value}" for key, value in service["Spec"].get("Labels", {}).items()}
        modes = {mode.lower() for mode in service["Spec"].get("Mode", {})}
        return all(values & wanted[key].keys() for key, values in (("label", labels), ("mode", modes)) if key in wanted)

    return 200, [service for service in state["services"] if fits(service)]


def update_service(state: State, _: Any, body: Mapping[str, Any], service: str) -> Answer:
    """Another description; without replicas it has no tasks."""
    [found] = [one for one in state["services"] if one["ID"] == service]
    found["Spec"] = dict(body)
    if not body["Mode"]["Replicated"]["Replicas"]:
        state["tasks"] = [task for task in state["tasks"] if task["ServiceID"] != service]
    save(state)
    return 200, {"Warnings": None}


def finder(kind: str) -> Callable[..., Answer]:
    """One of a kind, by its id or name."""

    def act(state: State, _: Any, __: Any, name: str) -> Answer:
        for one in state[kind]:
            if name in (one["ID"], one["Spec"].get("Name"), one.get("Description", {}).get("Hostname")):
                return 200, one
        return 404, {"message": f"{kind[:-1]} {name} not found"}

    return of_managers(act)
