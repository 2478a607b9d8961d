"""Warnings about settings that have no effect with the others."""

from collections.abc import Collection, Iterator
from typing import Any

from pydantic import BaseModel

from components import catalog
from stacks.config.settings import Settings
from stacks.volumes import volumes

MONITORING_SECRETS = catalog.MANIFESTS["monitoring"].secrets


def lines(settings: Settings, secret_keys: Collection[str]) -> list[str]:
    """Return a line for each reason for which settings have no effect; `secret_keys` are the configured secrets."""
    return [
        *_parts_without_effect(settings),
        *_hosts_without_labels(settings),
        *_retention_of_nothing(settings),
        *_unused_secrets(settings, secret_keys),
    ]


def _parts_without_effect(settings: Settings) -> Iterator[str]:
    """Yield a line for each part that is off and has settings."""
    for reason, sections in _unused_sections(settings).items():
        paths = [path for section in sections for path in changed_paths(settings, section)]
        if paths:
            yield f"{', '.join(paths)}: no effect, as {reason}"


def _unused_sections(settings: Settings) -> dict[str, list[str]]:
    """Return the sections and settings that nothing uses, by the reason."""
    unused: dict[str, list[str]] = {}
    for feature in ("nfs", "s3", "monitoring"):
        if feature not in settings.features:
            enabled = getattr(settings, feature).enabled
            reason = f"a {settings.kind} has none" if enabled else f"{feature}.enabled is false"
            unused.setdefault(reason, []).extend([feature, *_images(settings, feature)])
    if settings.monitoring.enabled and not settings.monitoring.elasticsearch.enabled:
        key = "elasticsearch"
        unused["monitoring.elasticsearch.enabled is false"] = [f"monitoring.{key}", *_images(settings, key)]
    if not {"s3", "monitoring"} & settings.features:
        unused["neither S3 nor monitoring has pages"] = ["firewall.consoles"]
    for name, stored in catalog.data().items():
        if settings.kind in stored.kinds and name not in volumes(settings):
            reason = (
                f"no machine has the label type: {stored.label}" if stored.label else "no service stores data there"
            )
            unused.setdefault(reason, []).append(f"volumes.{name}")
    return unused


def _images(settings: Settings, feature: str) -> list[str]:
    """Return the images of a part; none for local machines, whose images `make setup` writes all at once."""
    if not settings.machines.is_remote:
        return []
    folders = [folder for folder, one in catalog.MANIFESTS.items() if feature in (folder, one.feature)]
    return [f"images.{key}" for folder in folders for key in catalog.MANIFESTS[folder].images]


def changed_paths(settings: Settings, path: str) -> Iterator[str]:
    """Yield the paths of the settings at or below a path that differ from their defaults; not its `enabled`."""
    section: Any = settings
    *way, name = path.split(".")
    for step in way:
        section = getattr(section, step)
    yield from _changed(section, name, path)


def _changed(model: BaseModel, name: str, path: str) -> Iterator[str]:
    value, field = getattr(model, name), type(model).model_fields[name]
    if value == field.get_default(call_default_factory=True) or (name == "enabled" and not value):
        return
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _changed(value, key, f"{path}.{key}")
    else:
        yield path


def _hosts_without_labels(settings: Settings) -> Iterator[str]:
    """Yield a line for each label by which Nuvla's services find their machine, and that no machine has."""
    if settings.kind == "host" and not settings.machines.names_with_label("type", "worker-db"):
        yield (
            "machines.pools: no machine has the label type: worker-db, so vm.max_map_count is set nowhere, and "
            "Elasticsearch does not start; add `labels: {type: worker-db}` to the pool of the database"
        )


def _retention_of_nothing(settings: Settings) -> Iterator[str]:
    """Yield a line if volumes are retained that `make down` does not delete, or cannot retain."""
    if not settings.volumes.retain_on_destroy:
        return
    if settings.machines.outlive_stack:
        yield "volumes.retain_on_destroy: no effect, as data on existing machines stay there anyway"
    elif "block_storage" in settings.machines.volume_options and not any(
        volume.block for volume in volumes(settings).values()
    ):
        yield "volumes.retain_on_destroy: no effect, as no volume has block_storage: true"


def _unused_secrets(settings: Settings, secret_keys: Collection[str]) -> Iterator[str]:
    unused = [key for key in MONITORING_SECRETS if key in secret_keys]
    if unused and not settings.monitoring.enabled:
        yield f"{', '.join(unused)}: no effect, as monitoring.enabled is false"
