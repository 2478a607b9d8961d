"""A stack that lost something: its state, and Docker's API of its entry, for tests of tools/repair."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests

from tools.repair.state import State
from tools.repair.swarm import Swarm

STACK, ID = "s", "0123abcd"
ROOT = f"urn:pulumi:{STACK}::nuvla-swarm::"
PROVIDER = f"{ROOT}pulumi:providers:docker::swarm-engine"
LABELS = {"io.nuvla.swarm.stack": f"nuvla-swarm/{STACK}", "io.nuvla.swarm.id": ID}
IN_STACK = {"com.docker.stack.namespace": "nuvla-swarm-shop"}
TYPES = {
    "services": ("nuvla:service:ServiceStack", "docker:index/service:Service"),
    "networks": ("nuvla:swarm:OverlayNetwork", "docker:index/network:Network"),
    "configs": ("nuvla:service:ServiceStack", "docker:index/serviceConfig:ServiceConfig"),
    "secrets": ("nuvla:service:ServiceStack", "docker:index/secret:Secret"),
}
SPEC: dict[str, Any] = {
    "TaskTemplate": {"ContainerSpec": {"Image": "web:1", "Env": ["A=1"]}, "Networks": [{"Target": "net-id"}]},
    "Mode": {"Replicated": {"Replicas": 1}},
}
OUTPUTS: dict[str, Any] = {
    "taskSpec": {"containerSpec": {"image": "web:1", "env": {"A": "1"}}, "networksAdvanceds": [{"id": "net-id"}]},
    "mode": {"global": None, "replicated": {"replicas": 1}},
    "labels": [{"label": key, "value": value} for key, value in (LABELS | IN_STACK).items()],
}


def secret(text: Any) -> dict[str, str]:
    """As an export with secrets has one."""
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    return mark | {"plaintext": json.dumps(text)}


def urn(kind: str, name: str) -> str:
    """Of what is in the swarm."""
    return f"{ROOT}{'$'.join(TYPES[kind])}::{name}"


def in_state(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """A resource of the swarm; its id is `<name>-id`."""
    parent = f"{ROOT}{TYPES[kind][0]}::{name}"
    outputs = {"name": name} | (OUTPUTS if kind == "services" else {})
    made = {"urn": urn(kind, name), "type": TYPES[kind][1], "id": f"{name}-id", "outputs": outputs, "parent": parent}
    return made | {"provider": f"{PROVIDER}::1"} | more


def component(kind: str, name: str) -> dict[str, Any]:
    """What it is a child of, in the state."""
    return {"urn": f"{ROOT}{TYPES[kind][0]}::{name}", "type": TYPES[kind][0], "inputs": {"name": name}}


def state(*resources: Mapping[str, Any], cluster: str = "Existing", pending: bool = False) -> State:
    """What the state of a stack knows beside what every one does; pending if an update was killed."""
    known: list[Mapping[str, Any]] = [
        {"urn": f"{ROOT}pulumi:pulumi:Stack::nuvla-swarm-s", "type": "pulumi:pulumi:Stack"},
        *(
            # Pulumi has them in whatever order: how often a volume moved, and what stands for a lost machine's command.
            {"urn": f"{ROOT}pulumi:index:Stash::{name}", "type": "pulumi:index:Stash", "id": name, "outputs": outputs}
            for name, outputs in {
                "nfs-moves": {"output": {"count": 1, "place": "worker-1"}},
                "worker-9-membership-node": {"output": ""},
            }.items()
        ),
        {
            "urn": f"{ROOT}pulumi:index:Stash::infrastructure",
            "type": "pulumi:index:Stash",
            "id": "uuid",
            "outputs": {"input": ID, "output": ID},
        },
        {
            "urn": f"{ROOT}nuvla:machines:{cluster}Cluster::cluster",
            "type": f"nuvla:machines:{cluster}Cluster",
            "inputs": {"image": "machine:dev"},
        },
        {
            "urn": PROVIDER,
            "type": "pulumi:providers:docker",
            "id": "1",
            "inputs": {
                "host": "tcp://192.0.2.7:2376",
                "caMaterial": "CA",
                "certMaterial": "CERT",
                "keyMaterial": secret("KEY"),
            },
        },
    ]
    operations = [{"type": "creating", "resource": {"urn": "some"}}] if pending else []
    return State(STACK, {"resources": [*known, *resources], "pending_operations": operations})


def membership(name: str, *, role: str = "worker", labels: Mapping[str, str], leaves: bool = False) -> list[Any]:
    """That of a machine, and its commands; its node's id is `<name>-id`."""
    parent = f"{ROOT}nuvla:swarm:Membership::{name}-membership"
    known = {"role": role, "labels": labels, "availability": "active"}
    commands: list[dict[str, Any]] = [
        {
            "urn": f"{ROOT}nuvla:swarm:Membership$command:remote:Command::{name}-membership-{step}",
            "type": "command:remote:Command",
            "parent": parent,
            "inputs": {"connection": secret({"host": f"{name}.test", "port": 2222})},
            "outputs": {"stdout": f"{name}-id\n" if step == "join" else ""},
        }
        for step in ("node", "join", "active")
    ]
    if leaves:
        commands[0]["delete"] = True
    made = {"urn": parent, "type": "nuvla:swarm:Membership", "inputs": known}
    made["outputs"] = {"name": name, "private_address": "192.0.2.20"}
    return [made, *commands]


def node(name: str, *, role: str = "worker", state: str = "ready", labels: Mapping[str, str]) -> dict[str, Any]:
    """Of a machine, as Docker's API tells it."""
    spec = {"Role": role, "Availability": "drain", "Labels": {**labels, "theirs": "1"}}
    return {"ID": f"{name}-id", "Spec": spec, "Status": {"State": state, "Addr": "192.0.2.20"}, "Version": {"Index": 4}}


def there(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """The same, as Docker's API has it."""
    if kind == "networks":
        return {"Id": f"{name}-id", "Name": name, "Labels": LABELS, "Scope": "swarm"} | more
    spec = {"Name": name, "Labels": LABELS}
    if kind == "services":
        spec |= SPEC | {"Labels": LABELS | IN_STACK}
    return {"ID": f"{name}-id", "Spec": spec, "Version": {"Index": 7}} | more


@dataclass
class Docker:
    """Docker's API of a manager, as far as it is asked; in place of a session of `requests`."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by kind
    used: set[str] = field(default_factory=set)  # ids that are in use
    status: HTTPStatus = HTTPStatus.OK  # of every answer
    updated: HTTPStatus = HTTPStatus.OK  # of answers to updates
    calls: list[tuple[str, str, Any]] = field(default_factory=list)  # all but questions

    def add(self, kind: str, name: str, **more: Any) -> "Docker":
        self.objects.setdefault(kind, []).append(there(kind, name, **more))
        return self

    def request(self, method: str, url: str, timeout: Any, params: Any = None, json: Any = None) -> requests.Response:
        path = url.removeprefix("https://192.0.2.7:2376/")
        if method != "GET":
            self.calls.append((method, path, json))
        if self.status is not HTTPStatus.OK:
            return _answer(self.status, {"message": "This node is not a swarm manager."})
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
        return Swarm(self, "https://192.0.2.7:2376")  # type: ignore[arg-type]


def _answer(status: HTTPStatus, told: Any) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = json.dumps(told).encode()
    return made
