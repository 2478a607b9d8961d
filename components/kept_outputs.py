"""Outputs of components that the next run reads from the state, also after an update that failed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

STASH = "pulumi:index:Stash"
SUFFIX = "-outputs"  # ends the logical names of the records


def keep_outputs(
    component: pulumi.ComponentResource,
    outputs: Mapping[str, Any],
    *,
    after: Sequence[pulumi.Resource] = (),
    **others: pulumi.Input[Any],
) -> None:
    """Register the outputs of a component, and record them for the next run once the resources `after` are there.

    When the inputs of a component change, Pulumi forgets its outputs until they are registered anew, which an update
    that fails or is killed may never do (pulumi/pulumi, pkg/resource/deploy/step.go: only a step without changes takes
    them over). The rules that refuse dangerous changes need them then most of all. A record keeps its former value.
    `others` are outputs that no later run needs; a preview that does not know them would say that the record changes.
    """
    component.register_outputs({**outputs, **others})
    options = pulumi.ResourceOptions(parent=component, depends_on=list(after))
    pulumi.Stash(f"{component.pulumi_resource_name}{SUFFIX}", input=dict(outputs), opts=options)


def with_kept_outputs(
    resources: Iterable[tuple[str, Mapping[str, Any]]],
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the resources of a state, with their URNs; components that have lost their outputs have the recorded ones.

    A resource is a mapping with ``type`` and ``outputs``, as in an export of a state.
    """
    found = [(urn, urn.rpartition("::")[2], resource) for urn, resource in resources]
    kept = {
        name.removesuffix(SUFFIX): resource["outputs"]["input"]
        for _, name, resource in found
        if resource["type"] == STASH and name.endswith(SUFFIX) and resource.get("outputs")
    }
    return [
        (urn, {**resource, "outputs": kept[name]} if _has_lost_outputs(resource) and name in kept else resource)
        for urn, name, resource in found
    ]


def _has_lost_outputs(resource: Mapping[str, Any]) -> bool:
    return resource["type"].startswith("nuvla:") and not resource.get("outputs")
