"""Settings of S3."""

from pydantic import Field

from components import ports
from components.fields import Section


class S3Settings(Section):
    """S3 over the files that the machines share by NFS."""

    enabled: bool = Field(True, description="whether to deploy S3; requires `nfs.enabled`")
    port: int = Field(ports.S3.number, ge=1, le=65535, description="port of the S3 API, with TLS")
    memory_limit_mib: int = Field(
        512, ge=64, description="memory limit of the S3 gateway in MiB; its container is killed above it"
    )
