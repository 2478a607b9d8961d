"""Command that prints the data volumes which `destroy` retains, and how to import them.

`python -m tools.retained_volumes STACK` exits with a message if a resource is protected, because Pulumi and Exoscale
would refuse to destroy it only after all others are gone, and if the last `up` did not apply the setting
`volumes.retain_on_destroy` yet.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.console import fail
from tools.pulumi_cli import pulumi
from tools.stack import settings_file
from tools.stack.settings_file import SettingsFile

TYPES = ("docker:index/volume:Volume", "exoscale:index/blockStorageVolume:BlockStorageVolume")
SUFFIX = "-volume"  # of the logical names of data volumes
PROTECTION = ("pulumi_protect", "destroy_protection")


@dataclass(frozen=True)
class DataVolume:
    """A data volume of the state."""

    name: str  # as in `volumes.<name>`
    id: str
    retained: bool


def volumes(resources: Sequence[Mapping[str, Any]]) -> Iterator[DataVolume]:
    """Yield the data volumes among the resources of a state."""
    for resource in resources:
        name = resource["urn"].rpartition("::")[2]
        if resource["type"] in TYPES and name.endswith(SUFFIX):
            identity = resource.get("id", "").partition("@")[0]
            yield DataVolume(name.removesuffix(SUFFIX), identity, resource.get("retainOnDelete", False))


def mistake(data_volumes: Sequence[DataVolume], retain: bool) -> str | None:
    """Return a message if the setting `retain` differs from the state."""
    if not data_volumes or all(volume.retained == retain for volume in data_volumes):
        return None
    if retain:
        return (
            "volumes.retain_on_destroy: true has not been applied yet, so the data would be deleted: run `make up` "
            "first, and run this again"
        )
    return (
        "volumes.retain_on_destroy: false has not been applied yet, so the volumes would stay: run `make up` first, "
        "and run this again, or set it to true"
    )


def protected(resources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the logical names of resources that Pulumi or Exoscale protects from destruction."""
    return [
        resource["urn"].rpartition("::")[2]
        for resource in resources
        if resource.get("protect") or (resource.get("inputs") or {}).get("destroyProtected") is True
    ]


def refusal(names: Sequence[str], file: SettingsFile) -> str | None:
    """Return a message that says why nothing is destroyed and what to do, if resources are protected."""
    if not names:
        return None
    machines = file.section("machines")
    settings = [f"machines.{setting}" for setting in PROTECTION if machines.get(setting) is True]
    resources = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
    if settings:
        return (
            f"{' and '.join(settings)}: true, so nothing is destroyed ({resources}): set false in "
            f"{file.path.name}, run `make up`, and run this again"
        )
    return f"the last `make up` protected {resources}; the settings no longer do: run `make up`, and run this again"


def report(data_volumes: Sequence[DataVolume], stack: str) -> str:
    """Return the commands that import the retained volumes into another infrastructure."""
    retained = [volume for volume in data_volumes if volume.retained]
    if not retained:
        return ""
    lines = [
        f"  pulumi config set --stack {stack} --path nuvla-swarm:volumes.{volume.name}.import_id {volume.id}"
        for volume in retained
    ]
    return "\n".join(["retained, with their data; to use them in the next `make up`, run", *lines, ""])


def check(resources: Sequence[Mapping[str, Any]], file: SettingsFile) -> str:
    """Return the report on a stack's state, or exit with the reason why nothing may be destroyed."""
    data_volumes = list(volumes(resources))
    retain = file.section("volumes").get("retain_on_destroy", False) is True
    problem = refusal(protected(resources), file) or mistake(data_volumes, retain)
    if problem:
        fail(f"{file.name}: {problem}")
    return report(data_volumes, file.name)


def main() -> None:
    """Print the report, or exit with the reason why nothing may be destroyed."""
    [stack] = sys.argv[1:]
    exported = json.loads(pulumi("stack", "export", "--stack", stack))
    resources = (exported["deployment"] or {}).get("resources") or []
    print(check(resources, settings_file.find(stack)), end="")


if __name__ == "__main__":
    main()
