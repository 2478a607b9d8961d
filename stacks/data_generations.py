"""What makes services start anew when their data are elsewhere."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi

from components.machines.volume import VolumeLocation
from components.service.spec import Service, StackSpec
from components.storage.nfs import PATH

VARIABLE = "NUVLA_SWARM_DATA"


def with_data(spec: StackSpec, volumes: Mapping[str, VolumeLocation]) -> StackSpec:
    """The services, each with a variable that tells which volumes its folders are of, and how often those moved.

    A container keeps the folders that it was started with, whatever is mounted there since, and to Swarm they are as
    they were. Where a move was interrupted and taken back, Swarm may have them stopped, and Pulumi does not know.
    """
    return replace(spec, services=[_told(service, volumes) for service in spec.services])


def _told(service: Service, volumes: Mapping[str, VolumeLocation]) -> Service:
    sources = {mount.source for mount in service.mounts}
    used = [
        volume
        for name, volume in sorted(volumes.items())
        if volume.path in sources or (name == "nfs" and PATH in sources)
    ]
    if not used:
        return service
    told = pulumi.Output.all(*(_identity(volume) for volume in used)).apply(" ".join)
    return replace(service, env={**service.env, VARIABLE: told})


def _identity(volume: VolumeLocation) -> pulumi.Output[str]:
    parts: list[pulumi.Input[str]] = [volume.path]
    if volume.id is not None:
        parts += ["=", volume.id]
    if volume.moves is not None:
        parts += ["#", volume.moves.count]
    return pulumi.Output.concat(*parts)
