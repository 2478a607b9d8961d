"""What has to hold between the sections of a configuration: one line for each mistake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

from stacks.config import firewall_validation, folders_validation, networks_validation
from stacks.config.machines_validation import MACHINES

if TYPE_CHECKING:
    from stacks.config.settings import Settings

# What only one kind has: there a setting that does nothing is a mistake.
ONLY_IN = {
    "target": ("nfs", "s3", "volumes.nfs"),
    "host": ("monitoring.elasticsearch", "volumes.db", "volumes.streams"),
}


def _networks_overlap(settings: Settings) -> Iterator[str]:
    machines = settings.machines
    networks = []
    if machines.provider == "local":
        networks.append(("machines.subnet", machines.subnet))
    if machines.provider == "exoscale" and machines.private_network is not None:
        networks.append(("machines.private_network", machines.private_network))
    networks += settings.container_networks()
    for (one, left), (other, right) in combinations(networks, 2):
        if left.overlaps(right):
            yield f"{other}: {right} given; allowed: a network outside {one}, {left}"


def _hosts_are_in_other_networks(settings: Settings) -> Iterator[str]:
    if settings.machines.provider != "existing":
        return
    pools = settings.container_networks()
    for name, pool in settings.machines.pools.items():
        for member, host in pool.hosts.items():
            for address in host.addresses():
                for path, network in pools:
                    if address in network:
                        yield f"{path}: {network} given; allowed: a network without machine {name}-{member}, {address}"


def _containerd_is_the_distributions(settings: Settings) -> Iterator[str]:
    if settings.engine.containerd_version is not None and settings.engine_source == "distribution":
        yield (
            f"engine.containerd_version: {settings.engine.containerd_version} given; allowed: only with packages of "
            "docker.com, as the distribution has one containerd (engine.source)"
        )


def _s3_has_no_files(settings: Settings) -> Iterator[str]:
    if settings.has_s3 and not settings.nfs.enabled:
        yield "s3.enabled: true given; allowed: false, as nfs.enabled is false and S3 serves its files"


def _only_one_kind_has_it(settings: Settings) -> Iterator[str]:
    """A section that the other kind has must not be taken for one that does something."""
    other = "target" if settings.kind == "host" else "host"
    for path in ONLY_IN[other]:
        section: Any = settings
        for step in path.split("."):
            section = getattr(section, step)
        default = type(section)()
        for field in type(section).model_fields:
            value = getattr(section, field)
            if value != getattr(default, field):
                yield f"{path}.{field}: {json.dumps(value, default=str)} given; allowed: only with kind: {other}"


def _volumes_have_what_their_machines_have(settings: Settings) -> Iterator[str]:
    provider = settings.machines.provider
    for name in type(settings.volumes).model_fields:
        if name == "keep":
            continue
        volume = getattr(settings.volumes, name)
        if volume.block and provider != "exoscale":
            yield f"volumes.{name}.block: true given; allowed: only with machines.provider: exoscale"
        if volume.path is not None and provider != "existing":
            yield f"volumes.{name}.path: {volume.path} given; allowed: only with machines.provider: existing"
        if volume.id is not None and (provider == "existing" or (provider == "exoscale" and not volume.block)):
            yield f"volumes.{name}.id: {volume.id} given; allowed: only with a volume that outlives its machine"


CHECKS = (
    _networks_overlap,
    _hosts_are_in_other_networks,
    *MACHINES,
    *networks_validation.CHECKS,
    _containerd_is_the_distributions,
    *firewall_validation.CHECKS,
    _s3_has_no_files,
    _only_one_kind_has_it,
    _volumes_have_what_their_machines_have,
    *folders_validation.CHECKS,
)
