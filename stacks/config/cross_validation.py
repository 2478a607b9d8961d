"""What has to hold between the sections of a configuration: one line for each mistake."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from components import catalog
from components.machines.registry import MODELS, provider_of
from stacks.config import firewall_validation, machines_validation, networks_validation
from stacks.config.settings import Settings
from stacks.plan import plan

# What only one kind has: there a setting that does nothing is a mistake.
ONLY_IN = {
    kind: (*sections, *(f"volumes.{name}" for name, stored in catalog.data().items() if list(stored.kinds) == [kind]))
    for kind, sections in {"target": ("nfs", "s3"), "host": ("monitoring.elasticsearch",)}.items()
}


def _networks_overlap(settings: Settings) -> Iterator[str]:
    made = settings.machines.machine_network()
    networks = [(made[0], made[1])] if made is not None and made[1] is not None else []
    networks += settings.container_networks()
    for (one, left), (other, right) in combinations(networks, 2):
        if left.overlaps(right):
            yield f"{other}: {right} given; allowed: a network outside {one}, {left}"


def _containerd_is_the_distributions(settings: Settings) -> Iterator[str]:
    if settings.engine.containerd_version is not None and settings.resolved_engine.source == "distribution":
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
    for name, volume in settings.volumes.named().items():
        for option in ("block_storage", "path", "import_id"):
            value = getattr(volume, option)
            if value in (None, False) or option in settings.machines.volume_options:
                continue
            able = [name for name, model in MODELS.items() if option in model.volume_options]
            given = json.dumps(value) if isinstance(value, bool) else value
            yield (f"volumes.{name}.{option}: {given} given; allowed: only with machines.provider: {' or '.join(able)}")


def _of_the_provider(settings: Settings) -> Iterator[str]:
    if settings.machines.names("manager", active=True):  # or else nothing has a place
        yield from provider_of(settings.machines).conflicts(settings.machines, plan(settings))


CHECKS = (
    _networks_overlap,
    *machines_validation.CHECKS,
    *networks_validation.CHECKS,
    _containerd_is_the_distributions,
    *firewall_validation.CHECKS,
    _s3_has_no_files,
    _only_one_kind_has_it,
    _volumes_have_what_their_machines_have,
    _of_the_provider,
)


def mistakes(settings: Settings) -> list[str]:
    """Return a line for each mistake between the sections."""
    return [line for check in CHECKS for line in check(settings)]
