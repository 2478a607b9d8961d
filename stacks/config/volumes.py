"""Settings of the data that outlive containers, and the machines that have them."""

from pydantic import Field

from components.fields import Line, Section
from components.machines.data_paths import Folder


class Volume(Section):
    """Where data are. By default in a volume or folder of the machine that uses them."""

    block: bool = Field(False, description="on block storage, which outlives the machine (exoscale)")
    size_gib: int = Field(
        20, ge=10, le=10000, description="size that the block storage has at least; people let it grow (exoscale)"
    )
    id: Line | None = Field(None, description="kept volume that is taken over, data and all; `make down` told it")
    path: Folder | None = Field(None, description="folder with the data; one of machines.data_path if unset (existing)")


class Volumes(Section):
    """Data that outlive containers."""

    keep: bool = Field(False, description="whether they are still there after `destroy`, once `up` knows that")
    nfs: Volume = Field(Volume(), description="files that all machines share; only a target has them")
    prometheus: Volume = Field(Volume(), description="metrics of Prometheus")
    alertmanager: Volume = Field(Volume(), description="silences of alerts")
    grafana: Volume = Field(Volume(), description="users and dashboards of Grafana")
    traefik: Volume = Field(Volume(), description="accounts and certificates of Let's Encrypt")
    db: Volume = Field(Volume(), description="data of a host's database, on the machine labelled type=worker-db")
    streams: Volume = Field(
        Volume(), description="data of a host's streams, on the machine labelled type=worker-streams"
    )
