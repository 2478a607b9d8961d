"""Settings of the S3 service."""

from pydantic import Field

from components.fields import Section


class S3(Section):
    """An S3 service over the same files."""

    enabled: bool = Field(True, description="whether there is an S3 service; it needs NFS")
    port: int = Field(9000, ge=1, le=65535, description="port of the S3 API, with TLS")
    memory_limit_mib: int = Field(512, ge=64, description="memory at which it is killed")
