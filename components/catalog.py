"""The declarations of all folders of components/, by their MANIFEST. A new folder is listed nowhere."""

from collections.abc import Collection, Iterator
from functools import reduce
from importlib import import_module
from operator import add
from pkgutil import iter_modules

import components
from components import ports
from components.manifest import DefaultImage, HostTraces, Manifest, PublishedService, StoredData
from components.ports import MachinePort

# Rules and dashboards are in this order, which a running stack keeps; other folders follow by name.
ORDER = ("machines", "engine", "firewall", "swarm", "service", "socket_proxy", "storage", "traefik", "monitoring", "s3")


def _found() -> dict[str, Manifest]:
    folders = [folder.name for folder in iter_modules(components.__path__) if folder.ispkg]
    ordered = sorted(folders, key=lambda folder: (ORDER.index(folder) if folder in ORDER else len(ORDER), folder))
    packages = {folder: import_module(f"components.{folder}") for folder in ordered}
    return {folder: package.MANIFEST for folder, package in packages.items() if hasattr(package, "MANIFEST")}


MANIFESTS = _found()

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


def published(features: Collection[str]) -> list[PublishedService]:
    """Return the services of a stack with these features that Traefik publishes."""
    every = [service for manifest in MANIFESTS.values() for service in manifest.published]
    return [service for service in every if service.feature in (None, *features)]


def declared_ports(features: Collection[str]) -> list[MachinePort]:
    """Return the ports that a stack with these features has beside those of components/ports.py."""
    return [
        port for port in port_table() if port not in ports.TABLE and (port.feature is None or port.feature in features)
    ]


def port_table() -> list[MachinePort]:
    """Return the ports of the machines: those of components/ports.py, then those that folders declare themselves."""
    declared = [port for manifest in MANIFESTS.values() for port in manifest.ports]
    return [*ports.TABLE, *(port for port in declared if port not in ports.TABLE)]


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
