"""A stack that lost something: its state, and Docker's API of its entry, for tests of tools/repair."""

import json
from collections.abc import Mapping
from typing import Any

from tools.repair.state import State

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
    """Return a secret as an export with secrets has it."""
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    return mark | {"plaintext": json.dumps(text)}


def urn(kind: str, name: str) -> str:
    """Return the URN of a resource of the swarm."""
    return f"{ROOT}{'$'.join(TYPES[kind])}::{name}"


def in_state(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a resource of the swarm with the id `<name>-id`, as the state has it."""
    parent = f"{ROOT}{TYPES[kind][0]}::{name}"
    outputs = {"name": name} | (OUTPUTS if kind == "services" else {})
    made = {"urn": urn(kind, name), "type": TYPES[kind][1], "id": f"{name}-id", "outputs": outputs, "parent": parent}
    return made | {"provider": f"{PROVIDER}::1"} | more


def component(kind: str, name: str) -> dict[str, Any]:
    """Return the component of a resource of the swarm, as the state has it."""
    return {"urn": f"{ROOT}{TYPES[kind][0]}::{name}", "type": TYPES[kind][0], "inputs": {"name": name}}


def state(*resources: Mapping[str, Any], cluster: str = "Existing", pending: bool = False) -> State:
    """Return a state with these resources beside those of every stack; `pending` as after a killed update."""
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
    """Return the membership of a machine and its commands; the id of its node is `<name>-id`."""
    parent = f"{ROOT}nuvla:swarm:Membership::{name}-membership"
    known = {"role": role, "labels": labels, "availability": "active"}
    commands: list[dict[str, Any]] = [
        {
            "urn": f"{ROOT}nuvla:swarm:Membership$command:remote:Command::{name}-membership-{step}",
            "type": "command:remote:Command",
            "custom": True,
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
