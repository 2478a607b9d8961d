"""Settings of S3.

S3 serves the files of the NFS server: stacks/config/cross_validation.py refuses it where `nfs.enabled` is false.
"""

from pydantic import Field

from components import ports
from components.fields import Section, memory_limit


class S3Settings(Section):
    """S3 over the files that the machines share by NFS."""

    enabled: bool = Field(True, description="whether to deploy S3; requires `nfs.enabled`")
    port: int = Field(ports.S3.number, ge=1, le=65535, description="port of the S3 API, with TLS")
    memory_limit_mib: int = memory_limit(512, least=64, process="the S3 gateway")
