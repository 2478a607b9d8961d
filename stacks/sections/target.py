"""Settings of what only a target has: files over NFS and S3."""

from typing import Literal

from pydantic import Field

from stacks.sections.fields import Section


class Nfs(Section):
    """Files that all machines share."""

    enabled: bool = Field(True, description="whether there is an NFS server")
    machine: str | None = Field(None, description="machine that serves the files; the first manager if unset")
    server_kind: Literal["kernel", "ganesha"] = Field("kernel", description="the kernel's server, or one without it")
    access: Literal["ro", "rw"] = Field("ro", description="what machines may do with the files: read, or write too")


class S3(Section):
    """An S3 service over the same files."""

    enabled: bool = Field(True, description="whether there is an S3 service; it needs NFS")
    port: int = Field(9000, ge=1, le=65535, description="port of the S3 API, with TLS")
    memory_limit_mib: int = Field(512, ge=64, description="memory at which it is killed")
