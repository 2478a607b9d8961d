"""Docker's API of swarms and their nodes."""

import json
from collections.abc import Mapping
from typing import Any

from tests.interrupted.inside.tools.services import schedule
from tests.interrupted.inside.tools.store import NOTHING, OF_SWARM, VERSION, Answer, State, save, version


def init(state: State, _: Any, body: Mapping[str, Any]) -> Answer:
    """A swarm of which this machine is the manager: a new one, or its own again, from this manager alone."""
    if body["ForceNewCluster"] and state["swarm"].pop("Leaderless", False):
        save(state)
        return 200, state["swarm"]["NodeID"]
    if state["swarm"]["LocalNodeState"] == "active":
        return 503, {"message": "This node is already part of a swarm."}
    state["joins"] += 1
    cluster = {"ID": f"swarm-{state['joins']}", "SubnetSize": body["SubnetSize"], "Version": VERSION}
    cluster["DefaultAddrPool"] = body["DefaultAddrPool"]
    node = f"node-{state['joins']}"
    state["swarm"] = {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": node, "Cluster": cluster}
    state["swarm"] |= {"NodeAddr": body["AdvertiseAddr"], "Managers": 1}
    state["nodes"] = [described(node, "machine", "manager")]
    save(state)
    return 200, node


def described(node: str, name: str, role: str) -> dict[str, Any]:
    """A node."""
    spec = {"Role": role, "Availability": "active", "Labels": {}}
    manager = {"ManagerStatus": {"Leader": True, "Reachability": "reachable", "Addr": "10.0.0.1:2377"}}
    return {
        "ID": node,
        "Version": VERSION,
        "Spec": spec,
        "Description": {"Hostname": name, "Engine": {"EngineVersion": version()}},
        "Status": {"State": "ready", "Addr": "10.0.0.1"},
        **(manager if role == "manager" else {}),
    }


def join(state: State, _: Any, body: Mapping[str, Any]) -> Answer:
    """A member of another's swarm, each time with another id."""
    if state["swarm"]["LocalNodeState"] == "active":
        return 503, {"message": "This node is already part of a swarm."}
    if not body["JoinToken"]:
        return 400, {"message": "invalid join token"}
    state["joins"] += 1
    state["swarm"] = {"LocalNodeState": "active", "ControlAvailable": False, "NodeID": f"joined-{state['joins']}"}
    state["swarm"]["NodeAddr"] = body["AdvertiseAddr"]
    save(state)
    return 200, None


def leave(state: State, *_: Any) -> Answer:
    """A member of nothing."""
    if state["swarm"]["LocalNodeState"] != "active":
        return 503, {"message": "This node is not part of a swarm."}
    state["swarm"] = dict(NOTHING["swarm"])
    state["nodes"] = []
    for file in OF_SWARM.iterdir():
        file.unlink()
    save(state)
    return 200, None


def swarm(state: State, *_: Any) -> Answer:
    """What joins need."""
    ended = {role for role in ("Worker", "Manager") if role in state["rotated"]}
    tokens = {role: f"SWMTKN-{role.lower()}{'-new' if role in ended else ''}" for role in ("Worker", "Manager")}
    return 200, {"ID": "swarm-1", "JoinTokens": tokens, "Version": VERSION, "Spec": {"Name": "default"}}


def update_swarm(state: State, given: Mapping[str, Any], _: Any) -> Answer:
    """Other tokens; that they were others before makes no difference to a machine."""
    for role in ("Worker", "Manager"):
        if given.get(f"rotate{role}Token") in ("true", "1", ["true"], ["1"]) and role not in state["rotated"]:
            state["rotated"].append(role)
    save(state)
    return 200, None


def nodes(state: State, given: Mapping[str, Any], *_: Any) -> Answer:
    """Those with labels, if some are asked for."""
    filters: dict[str, dict[str, bool]] = json.loads(given.get("filters", "{}"))
    wanted = filters.get("node.label", {})

    def fits(node: Mapping[str, Any]) -> bool:
        labels: dict[str, str] = node["Spec"]["Labels"]
        return wanted.keys() <= labels.keys() | {f"{key}={value}" for key, value in labels.items()}

    return 200, [node for node in state["nodes"] if fits(node)]


def update_node(state: State, _: Any, body: Mapping[str, Any], node: str) -> Answer:
    """Other labels, role or availability."""
    [found] = [one for one in state["nodes"] if one["ID"] == node]
    found["Spec"] = dict(body)
    if body["Role"] == "manager":
        found["ManagerStatus"] = {"Reachability": "reachable", "Addr": "10.0.0.2:2377"}
    else:
        found.pop("ManagerStatus", None)
    schedule(state)
    save(state)
    return 200, None


def remove_node(state: State, _: Any, __: Any, node: str) -> Answer:
    """One that is forgotten."""
    [found] = [one for one in state["nodes"] if one["ID"] == node]
    if found["Spec"]["Role"] == "manager":
        return 400, {"message": "node is a cluster manager and is a member of the raft cluster"}
    state["nodes"].remove(found)
    save(state)
    return 200, None
