"""tools/repair/comparison.py: differences between a swarm and its state."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.support.fake_swarm_api import Docker
from tests.support.stack_states import IN_STACK, LABELS, OUTPUTS, SPEC, in_state, state, urn
from tools.repair.comparison import Differences, compare, of_state, of_swarm
from tools.repair.state import KINDS, State

EVERY = list(KINDS.values())
# Everything that the program sets of a service, on both sides.
WHOLE: tuple[dict[str, Any], dict[str, Any]] = (
    {
        "Name": "web",
        "Labels": {"a": "1", "b": "2"},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "web:1@sha256:0",
                "Command": ["run"],
                "Args": ["--fast"],
                "Env": ["B=2", "A=x=y"],
                "User": "1000",
                "Mounts": [
                    {"Type": "volume", "Source": "data", "Target": "/data"},
                    {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": True},
                ],
                "Configs": [{"ConfigID": "c1", "ConfigName": "one", "File": {"Name": "/etc/one"}}],
                "Secrets": [{"SecretID": "s1", "SecretName": "word", "File": {"Name": "word"}}],
            },
            "Resources": {"Limits": {"MemoryBytes": 512}, "Reservations": {"MemoryBytes": 128}},
            "Placement": {"Constraints": ["node.role==manager"], "Platforms": [{"OS": "linux"}]},
            "Networks": [{"Target": "n2"}, {"Target": "n1"}],
            "ForceUpdate": 3,
        },
        "Mode": {"Replicated": {"Replicas": 2}},
        "EndpointSpec": {
            "Mode": "dnsrr",
            "Ports": [{"Protocol": "tcp", "TargetPort": 8000, "PublishedPort": 80, "PublishMode": "host"}],
        },
    },
    {
        "name": "web",
        "labels": [{"label": "b", "value": "2"}, {"label": "a", "value": "1"}],
        "taskSpec": {
            "containerSpec": {
                "image": "web:1@sha256:0",
                "commands": ["run"],
                "args": ["--fast"],
                "env": {"A": "x=y", "B": "2"},
                "user": "1000",
                "mounts": [
                    {"type": "bind", "source": "/a", "target": "/b", "readOnly": True},
                    {"type": "volume", "source": "data", "target": "/data", "readOnly": False},
                ],
                "configs": [{"configId": "c1", "configName": "one", "fileName": "/etc/one"}],
                "secrets": [{"secretId": "s1", "secretName": "word", "fileName": "word"}],
            },
            "resources": {"limits": {"memoryBytes": 512}, "reservation": {"memoryBytes": 128}},
            "placement": {"constraints": ["node.role==manager"]},
            "networksAdvanceds": [{"id": "n1"}, {"id": "n2"}],
            "forceUpdate": 0,
        },
        "mode": {"global": False, "replicated": {"replicas": 2}},
        "endpointSpec": {
            "mode": "dnsrr",
            "ports": [{"protocol": "tcp", "targetPort": 8000, "publishedPort": 80, "publishMode": "host"}],
        },
    },
)


def differences(known: State, docker: Docker) -> Differences:
    return compare(known.swarm_resources(), docker.swarm().marked(known.label), known.id)


def whole() -> tuple[State, Docker]:
    """Return a stack with one resource of each kind, in the state and in the swarm."""
    docker = Docker()
    for kind in EVERY:
        docker.add(kind, kind)
    return state(*(in_state(kind, kind) for kind in EVERY)), docker


def test_complete_swarm_has_no_differences() -> None:
    known, docker = whole()
    assert differences(known, docker) == Differences([], [], [], [])


def test_missing_resource_is_gone() -> None:
    for kind in EVERY:
        known, docker = whole()
        docker.objects[kind].clear()
        found = differences(known, docker)
        assert [one.urn for one in found.gone] == [urn(kind, kind)]
        assert (found.changed, found.stopped, found.strays) == ([], [], [])


def test_resource_with_the_id_outside_of_the_state_is_a_stray() -> None:
    for kind in EVERY:
        known, docker = whole()
        docker.add(kind, "left")
        found = differences(known, docker)
        assert [(one.kind, one.name) for one in found.strays] == [(kind, "left")]
        assert found.gone == []


def test_resource_of_another_checkout_is_no_stray() -> None:
    for labels in (LABELS | {"io.nuvla.swarm.id": "ffffffff"}, {"io.nuvla.swarm.stack": "nuvla-swarm/s"}):
        known, docker = whole()
        docker.add("networks", "theirs", Labels=labels)
        docker.add("configs", "theirs", Spec={"Name": "theirs", "Labels": labels})
        assert differences(known, docker).strays == []


def test_state_without_an_id_has_no_strays() -> None:
    _, docker = whole()
    bare = State("s", {"resources": []})
    assert bare.id is None
    assert differences(bare, docker).strays == []


def test_local_network_of_a_machine_is_no_stray() -> None:
    known, docker = whole()
    docker.add("networks", "bridge", Scope="local")
    assert differences(known, docker).strays == []


def test_stopped_or_rolled_back_update_is_reported() -> None:
    for update in ("paused", "rollback_started", "rollback_paused", "rollback_completed"):
        known, docker = whole()
        docker.objects["services"][0]["UpdateStatus"] = {"State": update}
        [(service, now)] = differences(known, docker).stopped
        assert (service.urn, now.id) == (urn("services", "services"), "services-id")


def test_running_or_completed_update_is_not_reported() -> None:
    for update in ("updating", "completed"):
        known, docker = whole()
        docker.objects["services"][0]["UpdateStatus"] = {"State": update}
        assert differences(known, docker).stopped == []


def test_service_marked_for_deletion_is_not_compared() -> None:
    known = state(in_state("services", "web", delete=True))
    docker = Docker().add("services", "web", UpdateStatus={"State": "paused"})
    docker.objects["services"][0]["Spec"] = docker.objects["services"][0]["Spec"] | {"Mode": {"Global": {}}}
    assert differences(known, docker) == Differences([], [], [], [])
    docker.objects["services"].clear()
    assert [one.urn for one in differences(known, docker).gone] == [urn("services", "web")]


def test_equal_services_compare_equal() -> None:
    spec, known = WHOLE
    assert of_swarm(spec) == of_state(known)
    assert of_swarm({**SPEC, "Name": "web", "Labels": LABELS | IN_STACK}) == of_state(OUTPUTS)


def put(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(spec: Any) -> None:
        *steps, last = path
        for step in steps:
            spec = spec[step]
        spec[last] = value

    return change


def test_changed_field_makes_services_differ() -> None:
    fields: dict[str, Any] = {"Image": "web:2", "Command": None, "Args": ["--slow"], "Env": ["A=x=y"], "User": ""}
    fields |= {"Mounts": [], "Configs": [], "Secrets": []}
    changes = [
        put("Mode", "Replicated", "Replicas", value=0),
        put("Mode", value={"Global": {}}),
        put("Labels", "a", value="3"),
        put("EndpointSpec", "Ports", 0, "PublishedPort", value=81),
        put("TaskTemplate", "Networks", value=[]),
        put("TaskTemplate", "Placement", "Constraints", value=[]),
        put("TaskTemplate", "Resources", "Limits", "MemoryBytes", value=1),
        *(put("TaskTemplate", "ContainerSpec", key, value=value) for key, value in fields.items()),
    ]
    original, known = WHOLE
    for change in changes:
        spec = deepcopy(original)
        change(spec)
        assert spec != original
        assert of_swarm(spec) != of_state(known), spec


def test_changed_service_is_reported() -> None:
    known, docker = whole()
    docker.objects["services"][0]["Spec"] |= {"Mode": {"Replicated": {"Replicas": 0}}}
    assert [one.urn for one in differences(known, docker).changed] == [urn("services", "services")]
