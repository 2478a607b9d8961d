"""Command that prints the data volumes which `destroy` retains, and how to import them.

`python -m tools.retained_volumes STACK` exits with a message if a resource is protected, because Pulumi and Exoscale
would refuse to destroy it only after all others are gone, and if the last `up` did not apply the setting
`volumes.retain_on_destroy` yet.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
            "volumes.retain_on_destroy is true, but the last `up` did not know, so the data would be lost: run "
            "`make up` first"
        )
    return (
        "volumes.retain_on_destroy is false, but the last `up` did not know, so volumes would be left behind: run "
        "`make up` first, or set it to true"
    )


def protected(resources: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the logical names of resources that Pulumi or Exoscale protects from destruction."""
    return [
        resource["urn"].rpartition("::")[2]
        for resource in resources
        if resource.get("protect") or (resource.get("inputs") or {}).get("destroyProtected") is True
    ]


def refusal(names: Sequence[str], machines: Mapping[str, Any]) -> str | None:
    """Return a message that says why nothing is destroyed and what to do, if resources are protected."""
    if not names:
        return None
    settings = [f"machines.{setting}" for setting in PROTECTION if machines.get(setting) is True]
    resources = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
    if settings:
        return (
            f"{' and '.join(settings)}: true, so nothing is destroyed ({resources}): set false, `make up`, and then "
            "this again"
        )
    return (
        f"the last `up` protected {resources}, and settings do not say so any more: run `make up`, and then this again"
    )


def report(data_volumes: Sequence[DataVolume]) -> str:
    """Return the commands that import the retained volumes into another infrastructure."""
    retained = [volume for volume in data_volumes if volume.retained]
    if not retained:
        return ""
    lines = [
        f"  pulumi config set --path nuvla-swarm:volumes.{volume.name}.import_id {volume.id}" for volume in retained
    ]
    return "\n".join(["kept, with all that they hold; the next `up` takes them over after", *lines, ""])


def _pulumi(*arguments: str) -> Any:
    result = subprocess.run(["pulumi", *arguments], check=False, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(result.returncode)  # Pulumi prints its own error
    return json.loads(result.stdout)


def main() -> None:
    """Print the report, or exit with the reason why nothing may be destroyed."""
    [stack] = sys.argv[1:]
    resources = (_pulumi("stack", "export", "--stack", stack)["deployment"] or {}).get("resources") or []
    config = _pulumi("config", "--json", "--stack", stack)
    machines, settings = (
        config.get(f"nuvla-swarm:{key}", {}).get("objectValue", {}) for key in ("machines", "volumes")
    )
    data_volumes = list(volumes(resources))
    retain = settings.get("retain_on_destroy", False) is True
    problem = refusal(protected(resources), machines) or mistake(data_volumes, retain)
    if problem:
        sys.exit(f"error: {problem}")
    print(report(data_volumes), end="")


if __name__ == "__main__":
    main()
