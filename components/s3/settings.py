"""Settings of the S3Settings service."""

from pydantic import Field

from components import ports
from components.fields import Section


class S3Settings(Section):
    """An S3Settings service over the same files."""

    enabled: bool = Field(True, description="whether there is an S3Settings service; it needs NFS")
    port: int = Field(ports.S3.number, ge=1, le=65535, description="port of the S3Settings API, with TLS")
    memory_limit_mib: int = Field(512, ge=64, description="memory at which it is killed")
