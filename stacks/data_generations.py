"""A variable of services that changes when their data move, so that Swarm replaces their containers."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi

from components.machines.data_paths import NFS_ROOT
from components.machines.volume import VolumeLocation
from components.service.spec import Service, StackSpec

VARIABLE = "NUVLA_SWARM_DATA"


def with_data(spec: StackSpec, volumes: Mapping[str, VolumeLocation]) -> StackSpec:
    """Return the services, each with a variable that lists the volumes of its mounts and how often they moved.

    A container keeps the folders that were mounted when it started, even if another volume is mounted there since, and
    Swarm sees no difference. After an interrupted and reverted move, Swarm may have stopped the services without
    Pulumi's knowledge.
    """
    return replace(spec, services=[_with_variable(service, volumes) for service in spec.services])


def _with_variable(service: Service, volumes: Mapping[str, VolumeLocation]) -> Service:
    sources = {mount.source for mount in service.mounts}
    mounted = [
        volume
        for name, volume in sorted(volumes.items())
        if volume.path in sources or (name == "nfs" and NFS_ROOT in sources)
    ]
    if not mounted:
        return service
    identities = pulumi.Output.all(*(_identity(volume) for volume in mounted)).apply(" ".join)
    return replace(service, env={**service.env, VARIABLE: identities})


def _identity(volume: VolumeLocation) -> pulumi.Output[str]:
    parts: list[pulumi.Input[str]] = [volume.path]
    if volume.id is not None:
        parts += ["=", volume.id]
    if volume.moves is not None:
        parts += ["#", volume.moves.count]
    return pulumi.Output.concat(*parts)
