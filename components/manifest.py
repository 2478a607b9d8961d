"""What the folder of a service, or of a part of each machine, declares to the rest of the program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from components.ports import MachinePort


@dataclass(frozen=True, kw_only=True)
class DefaultImage:
    """An image that a setting `images.<key>` may replace."""

    reference: str  # with an exact tag
    description: str
    service: str  # that runs it


@dataclass(frozen=True, kw_only=True)
class StoredData:
    """Data that outlive containers: the setting `volumes.<name>`, and a folder of that name on one machine."""

    description: str
    owner: str  # "<uid>:<gid>" of the process that writes there
    former_owner: str = ""  # "<uid>" of the process that an earlier version of the program had write there
    kinds: Sequence[str] = ("target", "host")  # of stacks that have the data


@dataclass(frozen=True, kw_only=True)
class HostTraces:
    """What the program puts on a machine, so that an existing host can be left as it was found."""

    replaced: Sequence[str] = ()  # files and folders that the host may have had: restored
    added: Sequence[str] = ()  # files that only the program has: removed
    folders: Sequence[str] = ()  # removed if they were absent and are empty
    emptied: Sequence[str] = ()  # folders whose content is removed if they were absent or empty
    units: Sequence[str] = ()  # of systemd: enabled and started as they were
    sysctls: Sequence[str] = ()  # settings of the kernel: as they were
    volumes: Sequence[str] = ()  # of the host's own engine: removed

    def __add__(self, other: "HostTraces") -> "HostTraces":
        both = {part.name: (*getattr(self, part.name), *getattr(other, part.name)) for part in fields(self)}
        return HostTraces(**{name: tuple(dict.fromkeys(paths)) for name, paths in both.items()})


@dataclass(frozen=True, kw_only=True)
class Monitored:
    """What monitoring gets from a folder; paths are below components/."""

    rules: Sequence[str] = ()  # files with alerts
    scrape: str | None = None  # template of a file with jobs of Prometheus
    dashboard: str | None = None  # name of what the folder's module `dashboard` makes


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All that a folder declares."""

    feature: str | None = None  # part of a stack without which nothing of the folder is monitored
    images: Mapping[str, DefaultImage] = field(default_factory=dict)  # by the key of `images`
    data: Mapping[str, StoredData] = field(default_factory=dict)  # by the key of `volumes`
    ports: Sequence[MachinePort] = ()  # that it listens on
    secrets: Mapping[str, str] = field(default_factory=dict)  # keys of the configuration, with descriptions
    host_traces: HostTraces = HostTraces()
    monitoring: Monitored = Monitored()
