"""Checks between the sections of a configuration; the first sentence of each is a rule of docs/settings.md."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from pydantic import BaseModel

from components import catalog
from components.engine.daemon_keys import daemon_mistakes
from components.engine.registries import unused_registries
from components.engine.settings import RepositorySettings
from components.machines.registry import MODELS, provider_of
from stacks.config import firewall_validation, machines_validation, networks_validation, own_files_validation
from stacks.config.blame import without_blame
from stacks.config.settings import Settings
from stacks.config.volumes import VolumeSettings
from stacks.plan import plan

# Sections and settings that only one kind uses.
ONLY_IN = {
    kind: (*sections, *(f"volumes.{name}" for name, stored in catalog.data().items() if list(stored.kinds) == [kind]))
    for kind, sections in {
        "target": ("nfs", "s3", "firewall.nuvla"),
        "host": ("monitoring.elasticsearch", "swarm.backend_network"),
    }.items()
}


def _networks_are_disjoint(settings: Settings) -> Iterator[str]:
    """The network of the machines, each `base` in `engine.address_pools` and `swarm.address_pools` do not overlap."""
    setting, network = settings.machines.machine_network() or ("", None)
    networks = [(setting, network)] if network is not None else []
    networks += settings.container_networks()
    for (first_path, first), (second_path, second) in combinations(networks, 2):
        if first.overlaps(second):
            yield f"{second_path}: {second} given; allowed: a network outside {first_path}, {first}; or change that one"


def _containerd_has_a_choice(settings: Settings) -> Iterator[str]:
    """`engine.containerd_version` is set only with packages of docker.com."""
    if settings.engine.containerd_version is not None and settings.resolved_engine.source == "distribution":
        yield (
            f"engine.containerd_version: {settings.engine.containerd_version} given; allowed: only with packages of "
            "docker.com, as the distribution has one containerd (engine.source)"
        )


def _repository_is_used(settings: Settings) -> Iterator[str]:
    """`engine.repository` is set only with packages of docker.com."""
    repository, default = settings.engine.repository, RepositorySettings()
    if settings.resolved_engine.source == "distribution":
        for key in RepositorySettings.model_fields:
            if getattr(repository, key) != getattr(default, key):
                yield (
                    f"engine.repository.{key}: {getattr(repository, key)} given; allowed: only with packages of "
                    "docker.com (engine.source)"
                )


def _daemon_keys_are_free(settings: Settings) -> Iterator[str]:
    """`engine.daemon` has no key of daemon.json that the program sets, or that breaks a swarm."""
    yield from daemon_mistakes(settings.resolved_engine)


def _registries_have_images(settings: Settings) -> Iterator[str]:
    """Each of `engine.registries` begins the name of an image in `images`."""
    images = {key: settings.images.reference(key) for key in type(settings.images).model_fields}
    yield from unused_registries(settings.engine.registries, images)


def _s3_has_nfs(settings: Settings) -> Iterator[str]:
    """`s3.enabled` requires `nfs.enabled`."""
    if settings.has_s3 and not settings.nfs.enabled:
        yield "s3.enabled: true given; allowed: false, as nfs.enabled is false and S3 serves its files"


def _sections_fit_the_kind(settings: Settings) -> Iterator[str]:
    """Settings that only the other kind uses, such as `nfs` or `firewall.nuvla` on a host, keep their defaults.

    Otherwise a setting without effect would look like one that works.
    """
    other = "target" if settings.kind == "host" else "host"
    for path in ONLY_IN[other]:
        outer: Any = settings
        *way, name = path.split(".")
        for step in way:
            outer = getattr(outer, step)
        value, default = getattr(outer, name), type(outer).model_fields[name].get_default()
        keys = {f"{path}.{key}": key for key in type(value).model_fields} if isinstance(value, BaseModel) else {}
        wrong = {
            place: getattr(value, key) for place, key in keys.items() if getattr(value, key) != getattr(default, key)
        }
        if not keys and value != default:
            wrong = {path: value}
        for place, one in wrong.items():
            yield f"{place}: {json.dumps(one, default=str)} given; allowed: only with kind: {other}"


def _volume_options_fit_the_provider(settings: Settings) -> Iterator[str]:
    """`block_storage`, `import_id` and `path` of a volume are set only with a provider that supports them."""
    for name, volume in settings.volumes.named().items():
        for option in ("block_storage", "path", "import_id"):
            value = getattr(volume, option)
            if value in (None, False) or option in settings.machines.volume_options:
                continue
            providers = " or ".join(provider for provider, model in MODELS.items() if option in model.volume_options)
            text = json.dumps(value) if isinstance(value, bool) else value
            yield f"volumes.{name}.{option}: {text} given; allowed: only with machines.provider: {providers}"


def _sizes_are_of_block_storage(settings: Settings) -> Iterator[str]:
    """`volumes.<name>.size_gib` is set only with `block_storage`."""
    default = VolumeSettings().size_gib
    for name, volume in settings.volumes.named().items():
        if settings.kind in catalog.data()[name].kinds and volume.size_gib != default and not volume.block_storage:
            yield (
                f"volumes.{name}.size_gib: {volume.size_gib} given; allowed: only with volumes.{name}.block_storage: "
                "true, as a disk or folder has the size of its machine"
            )


def _provider_conflicts(settings: Settings) -> Iterator[str]:
    """Yield the lines of the provider's own checks, which need a manager to place volumes on."""
    if settings.machines.names("manager", active=True):
        yield from provider_of(settings.machines).conflicts(settings.machines, plan(settings))


CHECKS = (
    _networks_are_disjoint,
    *machines_validation.CHECKS,
    *networks_validation.CHECKS,
    _containerd_has_a_choice,
    _repository_is_used,
    _daemon_keys_are_free,
    _registries_have_images,
    *firewall_validation.CHECKS,
    _s3_has_nfs,
    _sections_fit_the_kind,
    *own_files_validation.CHECKS,
    _volume_options_fit_the_provider,
    _sizes_are_of_block_storage,
)


def mistakes(settings: Settings) -> list[str]:
    """Return a line for each mistake between the sections."""
    lines = [line for check in (*CHECKS, _provider_conflicts) for line in check(settings)]
    return without_blame(lines, settings.model_dump(mode="json", exclude_unset=True))
