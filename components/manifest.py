"""Declarations of the folders of components/, which the program collects in the catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from components.ports import MachinePort


@dataclass(frozen=True, kw_only=True)
class DefaultImage:
    """An image that a setting `images.<key>` may replace."""

    reference: str  # with an exact tag
    description: str
    service: str  # name of the service that runs the image


@dataclass(frozen=True, kw_only=True)
class StoredData:
    """Data that outlive containers, in a folder on one machine; the setting `volumes.<name>` is theirs."""

    description: str
    owner: str  # "<uid>:<gid>" of the process that writes there
    former_owner: str = ""  # "<uid>" of the process that an earlier version of the program had write there
    kinds: Sequence[str] = ("target", "host")  # kinds of stacks that have the data
    machine: str | None = None  # property of the settings of a stack that names the machine with the data
    label: str | None = None  # or the value of the node label `type` of that machine
    feature: str | None = None  # part of a stack without which no service uses the data


@dataclass(frozen=True, kw_only=True)
class PublishedService:
    """A service that Traefik publishes; no application gets its name or its path."""

    name: str
    path: str  # on 443, such as "/grafana"; the service has all paths below too
    feature: str | None = None  # part of a stack without which the service does not run


@dataclass(frozen=True, kw_only=True)
class HostTraces:
    """All that the program puts on a machine; the comments say how it restores an existing host."""

    replaced: Sequence[str] = ()  # files and folders that the host may have had: restored
    added: Sequence[str] = ()  # files that only the program writes: removed
    folders: Sequence[str] = ()  # removed if the host did not have them and they are empty
    emptied: Sequence[str] = ()  # folders whose content is removed if they were absent or empty
    units: Sequence[str] = ()  # of systemd: enabled and started as before
    sysctls: Sequence[str] = ()  # kernel settings: set as before
    volumes: Sequence[str] = ()  # of the host's engine: removed

    def __add__(self, other: "HostTraces") -> "HostTraces":
        both = {part.name: (*getattr(self, part.name), *getattr(other, part.name)) for part in fields(self)}
        return HostTraces(**{name: tuple(dict.fromkeys(paths)) for name, paths in both.items()})


@dataclass(frozen=True, kw_only=True)
class Monitored:
    """The parts of monitoring that a folder contributes, by the names of their files."""

    rules: Sequence[str] = ()  # files/rules/<name>.yml, with alerts
    scrape: str | None = None  # files/scrape/<name>.yml, a template with jobs of Prometheus
    dashboard: str | None = None  # name of the dashboard that the folder's module `dashboard` builds


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The declarations of a folder."""

    feature: str | None = None  # part of a stack; stacks without it do not monitor the folder
    images: Mapping[str, DefaultImage] = field(default_factory=dict)  # by the key of `images`
    data: Mapping[str, StoredData] = field(default_factory=dict)  # by the key of `volumes`
    ports: Sequence[MachinePort] = ()  # that its processes listen on
    published: Sequence[PublishedService] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)  # keys of secrets in the configuration, with descriptions
    host_traces: HostTraces = HostTraces()
    monitoring: Monitored = Monitored()
