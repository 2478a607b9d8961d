"""Docker's API, as far as the scripts use it, on a state in a file."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.interrupted.inside.tools.members import (
    init,
    join,
    leave,
    nodes,
    remove_node,
    swarm,
    update_node,
    update_swarm,
)
from tests.interrupted.inside.tools.services import finder, of_managers, services, tasks, update_service
from tests.interrupted.inside.tools.store import Answer, State, load, save, version


def answer(method: str, path: str, given: Mapping[str, str], body: Mapping[str, Any]) -> Answer:
    """Status and text of a request."""
    for pattern, act in ROUTES.items():
        found = re.fullmatch(pattern, f"{method} {path}")
        if found:
            return act(load(), given, body, *found.groups())
    return 501, {"message": f"the stand-in of Docker does not know {method} {path}"}


def ping(*_: Any) -> Answer:
    """It is there."""
    return 200, "OK"


def about(*_: Any) -> Answer:
    """Its version."""
    return 200, {"Version": version(), "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}


def info(state: State, *_: Any) -> Answer:
    """What it is part of."""
    shown = {"LiveRestoreEnabled": False, "Swarm": state["swarm"], "DockerRootDir": "/var/lib/docker"}
    return 200, shown | {"ServerVersion": version()}


def volumes(state: State, *_: Any) -> Answer:
    """All volumes."""
    return 200, {"Volumes": [{"Name": name, "Driver": "local"} for name in state["volumes"]], "Warnings": None}


def remover(kind: str) -> Callable[..., Answer]:
    """Removes one of a list of names."""

    def act(state: State, _: Any, __: Any, name: str) -> Answer:
        found = [one for one in state[kind] if name in (one, one.get("Name") if isinstance(one, dict) else "")]
        if not found:
            return 404, {"message": f"No such {kind}: {name}"}
        state[kind].remove(found[0])
        save(state)
        return 204, None

    return act


def image(state: State, _: Any, __: Any, name: str) -> Answer:
    """An image that is here."""
    if name not in state["images"]:
        return 404, {"message": f"No such image: {name}"}
    digest = f"{name.rpartition(':')[0]}@{state['images'][name]}"
    return 200, {"Id": "sha256:0", "RepoTags": [name], "RepoDigests": [digest]}


def distribution(state: State, _: Any, __: Any, name: str) -> Answer:
    """An image that the registry has."""
    if name not in state["registry"]:
        return 404, {"message": f"manifest unknown: {name}"}
    return 200, {"Descriptor": {"mediaType": "", "digest": state["registry"][name], "size": 1}, "Platforms": []}


def pull(state: State, given: Mapping[str, str], _: Any) -> Answer:
    """Gets an image from the registry."""
    # Docker's client 28 gives the name in full.
    name = f"{given['fromImage'].removeprefix('docker.io/library/')}:{given['tag']}"
    if name not in state["registry"]:
        return 404, {"message": f"manifest unknown: {name}"}
    state["images"][name] = state["registry"][name]
    save(state)
    return 200, {"status": "Pulled"}


def networks(state: State, given: Mapping[str, str], *_: Any) -> Answer:
    """Those of a name or a label."""
    wanted: dict[str, dict[str, bool]] = json.loads(given.get("filters", "{}"))

    def fits(network: Mapping[str, Any]) -> bool:
        labels = {f"{key}={value}" for key, value in network["Labels"].items()}
        named = any(re.search(name, network["Name"]) for name in wanted.get("name", {"": True}))
        return named and ("label" not in wanted or bool(labels & wanted["label"].keys()))

    return 200, [network for network in state["networks"] if fits(network)]


def network(state: State, _: Any, __: Any, name: str) -> Answer:
    """One, by its id or name."""
    for one in state["networks"]:
        if name in (one["Id"], one["Name"]):
            return 200, one
    return 404, {"message": f"network {name} not found"}


ROUTES: dict[str, Callable[..., Answer]] = {
    r"GET /_ping": ping,
    r"GET /version": about,
    r"GET /info": info,
    r"GET /volumes": volumes,
    r"DELETE /volumes/([^/]+)": remover("volumes"),
    r"DELETE /networks/([^/]+)": remover("networks"),
    r"GET /images/(.+)/json": image,
    r"POST /images/create": pull,
    r"GET /distribution/(.+)/json": distribution,
    r"GET /services": of_managers(services),
    r"GET /services/([^/]+)": finder("services"),
    r"POST /services/([^/]+)/update": of_managers(update_service),
    r"GET /networks": networks,
    r"GET /networks/([^/]+)": network,
    r"GET /containers/json": lambda *_: (200, []),
    r"GET /tasks": of_managers(tasks),
    r"GET /tasks/([^/]+)": finder("tasks"),
    r"GET /nodes": of_managers(nodes),
    r"GET /nodes/([^/]+)": finder("nodes"),
    r"POST /nodes/([^/]+)/update": of_managers(update_node),
    r"DELETE /nodes/([^/]+)": of_managers(remove_node),
    r"GET /swarm": of_managers(swarm),
    r"POST /swarm/init": init,
    r"POST /swarm/join": join,
    r"POST /swarm/leave": leave,
    r"POST /swarm/update": of_managers(update_swarm),
}
