"""Settings of the files that machines share over NFS."""

from typing import Literal

from pydantic import Field

from components.fields import Section, former


class NfsSettings(Section):
    """Files that all machines share."""

    enabled: bool = Field(True, description="whether the stack has an NFS server")
    machine: str | None = Field(None, description="machine that serves the files; the first active manager if unset")
    server: Literal["kernel", "ganesha"] = Field(
        "kernel",
        description="NFS server; `ganesha` runs without NFS in the machine's kernel",
        json_schema_extra=former("server_kind"),
    )
    access: Literal["ro", "rw"] = Field(
        "ro", description="access of the machines to the files: read, or read and write"
    )
