"""The declarations of all folders of components/. A new folder is listed here alone."""

from collections.abc import Collection, Iterator
from functools import reduce
from importlib import import_module
from operator import add

from components import (
    engine,
    firewall,
    machines,
    monitoring,
    nuvla_host,
    s3,
    service,
    socket_proxy,
    storage,
    swarm,
    traefik,
)
from components.manifest import DefaultImage, HostTraces, Manifest, StoredData

MANIFESTS: dict[str, Manifest] = {
    package.__name__.rpartition(".")[2]: package.MANIFEST
    for package in (
        *(machines, engine, firewall, swarm, service),
        *(socket_proxy, storage, traefik, monitoring, s3, nuvla_host),
    )
}

FEATURES = frozenset(
    manifest.feature for manifest in MANIFESTS.values() if manifest.feature
)  # parts of stacks with their own rules, jobs or dashboards


def images() -> dict[str, DefaultImage]:
    """Return the images of all services, by the key of the setting `images`."""
    return {key: image for manifest in MANIFESTS.values() for key, image in manifest.images.items()}


def images_of(features: Collection[str]) -> list[str]:
    """Return the keys of the images that a stack with these features runs."""
    return [key for _, manifest in _present(features) for key in manifest.images]


def data() -> dict[str, StoredData]:
    """Return the data of all services, by the key of the setting `volumes`."""
    return {name: stored for manifest in MANIFESTS.values() for name, stored in manifest.data.items()}


def secrets() -> dict[str, str]:
    """Return the descriptions of all secrets that services need, by key."""
    return {key: text for manifest in MANIFESTS.values() for key, text in manifest.secrets.items()}


def host_traces() -> HostTraces:
    """Return all that the program puts on a machine."""
    return reduce(add, (manifest.host_traces for manifest in MANIFESTS.values()), HostTraces())


def rules(features: Collection[str]) -> list[tuple[str, str]]:
    """Return names and paths of the files with alerts of a stack with these features."""
    return [
        (name, f"{folder}/files/rules/{name}.yml")
        for folder, manifest in _present(features)
        for name in manifest.monitoring.rules
    ]


def scrapes(features: Collection[str]) -> list[tuple[str, str]]:
    """Return names and paths of the templates with Prometheus' jobs of a stack with these features."""
    return [
        (name, f"{folder}/files/scrape/{name}.yml")
        for folder, manifest in _present(features)
        if (name := manifest.monitoring.scrape) is not None
    ]


def dashboards(features: Collection[str]) -> list[tuple[str, str]]:
    """Return names and modules of the dashboards of a stack with these features."""
    return [
        (name, f"components.{folder}.dashboard")
        for folder, manifest in _present(features)
        if (name := manifest.monitoring.dashboard) is not None
    ]


def dashboard_texts() -> dict[str, str]:
    """Return the JSON of all dashboards, by name."""
    return {name: import_module(module).dashboard() for name, module in dashboards(FEATURES)}


def _present(features: Collection[str]) -> Iterator[tuple[str, Manifest]]:
    """Yield the folders that a stack with these features has: first the folders of every stack."""
    yield from ((folder, manifest) for folder, manifest in MANIFESTS.items() if manifest.feature is None)
    yield from ((folder, manifest) for folder, manifest in MANIFESTS.items() if manifest.feature in features)
