"""Which services and networks the Docker provider would replace between two runs of the program."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.fake_pulumi import FakePulumi

NETWORK, SERVICE = "docker:index/network:Network", "docker:index/service:Service"
# The inputs of which another value is another resource, by the schema of the released plugin: see
# tests/offline/test_standin_schemas.py. All of a network are.
REPLACING = {
    SERVICE: {
        *("auth", "auth.password", "auth.serverAddress", "auth.username", "mode", "name"),
        *("taskSpec.containerSpec.hosts", "taskSpec.containerSpec.hosts.host", "taskSpec.containerSpec.hosts.ip"),
        *("taskSpec.containerSpec.labels.label", "taskSpec.containerSpec.labels.value"),
        "taskSpec.containerSpec.mounts.volumeOptions.labels.label",
        "taskSpec.containerSpec.mounts.volumeOptions.labels.value",
        "taskSpec.containerSpec.sysctl",
        *(f"taskSpec.networksAdvanceds.{name}" for name in ("aliases", "driverOpts", "id", "name")),
    },
    NETWORK: {
        *("attachable", "driver", "ingress", "internal", "ipamConfigs", "ipamDriver", "ipamOptions", "ipv6", "labels"),
        *(f"ipamConfigs.{name}" for name in ("auxAddress", "gateway", "ipRange", "subnet")),
        *("labels.label", "labels.value", "name", "options"),
    },
}


def replaced(before: FakePulumi, after: FakePulumi) -> set[str]:
    """Names of the services and networks that are there before and after, and are not the same ones."""
    both = [name for name in before.options if before.types[name] in REPLACING and name in after.options]
    networks = {
        name
        for name in both
        if before.types[name] == NETWORK
        and before.inputs(name).get("driver") == "overlay"  # the others are of the machines
        and _fixed(before, name) != _fixed(after, name)
    }
    services = {
        name
        for name in both
        if before.types[name] == SERVICE
        and (_fixed(before, name) != _fixed(after, name) or after.replaced_with(name) & networks)
    }
    return networks | services


def _fixed(engine: FakePulumi, name: str) -> list[str]:
    """What of its inputs replaces it, in no order, but for what the program leaves as it is."""
    ignored = tuple(engine.options[name].ignoreChanges)
    found = [
        f"{path}={value}"
        for path, value in _leaves("", engine.inputs(name))
        if not path.startswith(ignored or (" ",))
        and any(path == one or path.startswith(f"{one}.") for one in REPLACING[engine.types[name]])
    ]
    # A network is known by its name here: its id changes with each of its inputs.
    return sorted(line.partition("-id")[0] if ".networksAdvanceds.id=" in line else line for line in found)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(path, one)
    else:
        yield path, value
