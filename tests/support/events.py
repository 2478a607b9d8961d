"""Events of Pulumi's event log, for tests of what operators see of an update."""

from typing import Any

from tools.stack.events import Event, Step, step_of

ROOT = "urn:pulumi:s::nuvla-swarm::"
TYPES = {
    "instance": "nuvla:machines:ExoscaleCluster$exoscale:index/computeInstance:ComputeInstance",
    "volume": "nuvla:machines:ExoscaleCluster$exoscale:index/blockStorageVolume:BlockStorageVolume",
    "container": "nuvla:machines:LocalCluster$docker:index/container:Container",
    "disk": "nuvla:machines:LocalCluster$docker:index/volume:Volume",
    "firewall": "nuvla:firewall:Firewall$command:remote:Command",
    "engine": "nuvla:engine:Engine$command:remote:Command",
    "join": "nuvla:swarm:Membership$command:remote:Command",
    "membership": "nuvla:swarm:Membership",
    "service": "nuvla:service:ServiceStack$docker:index/service:Service",
    "network": "nuvla:machines:ExoscaleCluster$exoscale:index/privateNetwork:PrivateNetwork",
    "file": "nuvla:service:ServiceStack$docker:index/serviceConfig:ServiceConfig",
    "wait": "nuvla:service:ServiceStack$command:remote:Command",
    "stack": "pulumi:pulumi:Stack",
}
COMPONENTS = ("membership", "stack")


def before(op: str, kind: str, name: str, *, key: str = "resourcePreEvent", **old: Any) -> Event:
    """Return the event that Pulumi begins a step; `old` has properties of the resource that was there before."""
    custom = {"custom": kind not in COMPONENTS}
    metadata: dict[str, Any] = {
        "op": op,
        "urn": f"{ROOT}{TYPES[kind]}::{name}",
        "type": TYPES[kind].rpartition("$")[2],
        "old": None if op == "create" else custom | old,
        "new": None if op == "delete" else custom,
        "diffs": old.pop("diffs", None),
    }
    return {key: {"metadata": metadata}}


def after(op: str, kind: str, name: str) -> Event:
    """Return the event that a step of Pulumi has succeeded."""
    return before(op, kind, name, key="resOutputsEvent")


def failed(op: str, kind: str, name: str) -> Event:
    """Return the event that a step of Pulumi has failed."""
    return before(op, kind, name, key="resOpFailedEvent")


def message(severity: str, text: str, kind: str = "stack", name: str = "nuvla-swarm-s") -> Event:
    """Return a message of Pulumi about a resource."""
    return {"diagnosticEvent": {"severity": severity, "message": f"{text}\n", "urn": f"{ROOT}{TYPES[kind]}::{name}"}}


def step(op: str, kind: str, name: str, **old: Any) -> Step:
    """Return a step as a preview has it."""
    found = step_of(before(op, kind, name, **old))
    assert found is not None
    return found
