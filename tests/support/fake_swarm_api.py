"""A fake of Docker's API on the manager of a swarm, for tests of tools/repair."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests

from tests.support.stack_states import IN_STACK, LABELS, SPEC
from tools.repair.swarm import Swarm


def node(name: str, *, role: str = "worker", state: str = "ready", labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the node of a machine, as Docker's API describes it."""
    spec = {"Role": role, "Availability": "drain", "Labels": {**labels, "theirs": "1"}}
    return {"ID": f"{name}-id", "Spec": spec, "Status": {"State": state, "Addr": "192.0.2.20"}, "Version": {"Index": 4}}


def there(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a resource as Docker's API describes it."""
    if kind == "networks":
        return {"Id": f"{name}-id", "Name": name, "Labels": LABELS, "Scope": "swarm"} | more
    spec = {"Name": name, "Labels": LABELS}
    if kind == "services":
        spec |= SPEC | {"Labels": LABELS | IN_STACK}
    return {"ID": f"{name}-id", "Spec": spec, "Version": {"Index": 7}} | more


@dataclass
class Docker:
    """The part of a manager's Docker API that tools/repair asks, in place of a session of `requests`."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by kind
    used: set[str] = field(default_factory=set)  # ids that are in use
    status: HTTPStatus = HTTPStatus.OK  # of every answer
    message: str = "This node is not a swarm manager."  # of every answer that is no success
    updated: HTTPStatus = HTTPStatus.OK  # of answers to updates
    stands_in: bool = False  # whether Pulumi would ask another manager
    calls: list[tuple[str, str, Any]] = field(default_factory=list)  # all but questions

    def add(self, kind: str, name: str, **more: Any) -> "Docker":
        self.objects.setdefault(kind, []).append(there(kind, name, **more))
        return self

    def request(self, method: str, url: str, timeout: Any, params: Any = None, json: Any = None) -> requests.Response:
        path = url.removeprefix("https://192.0.2.7:2376/")
        if method != "GET":
            self.calls.append((method, path, json))
        if self.status is not HTTPStatus.OK:
            return _answer(self.status, {"message": self.message})
        kind, _, identity = path.partition("/")
        if method == "GET" and not identity:
            return _answer(HTTPStatus.OK, self._listed(kind, params))
        if method == "POST":
            return _answer(self.updated, {"message": "update out of sequence"})
        return self._one(method, kind, identity)

    def _listed(self, kind: str, params: Any) -> list[dict[str, Any]]:
        filters = json.loads(params["filters"]) if params else {}
        found = self.objects.get(kind, [])
        for label in filters.get("label", []):
            key, _, value = label.partition("=")
            found = [one for one in found if one.get("Spec", one)["Labels"].get(key) == value]
        for name in filters.get("name", []):  # a part of it is enough
            found = [one for one in found if name in one.get("Spec", one)["Name"]]
        return found

    def _one(self, method: str, kind: str, identity: str) -> requests.Response:
        ids = [one.get("ID") or one["Id"] for one in self.objects.get(kind, [])]
        if identity not in ids:
            return _answer(HTTPStatus.NOT_FOUND, {"message": "no such thing"})
        if method == "GET":
            return _answer(HTTPStatus.OK, self.objects[kind][ids.index(identity)])
        if identity in self.used:
            return _answer(HTTPStatus.BAD_REQUEST, {"message": "it is in use by app"})
        del self.objects[kind][ids.index(identity)]
        return _answer(HTTPStatus.NO_CONTENT, None)

    def swarm(self) -> Swarm:
        return Swarm(self, "https://192.0.2.7:2376", stands_in=self.stands_in)  # type: ignore[arg-type]


def _answer(status: HTTPStatus, told: Any) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = json.dumps(told).encode()
    return made
