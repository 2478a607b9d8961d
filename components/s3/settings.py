"""Settings of S3.

S3 serves the files of the NFS server: stacks/config/cross_validation.py refuses it where `nfs.enabled` is false.
"""

from typing import Self

from pydantic import Field, model_validator

from components import ports
from components.fields import Section, memory_limit
from components.generations import former_is_earlier


class S3Settings(Section):
    """S3 over the files that the machines share by NFS."""

    enabled: bool = Field(True, description="whether to deploy S3; requires `nfs.enabled`")
    port: int = Field(ports.S3.number, ge=1, le=65535, description="port of the S3 API, with TLS")
    memory_limit_mib: int = memory_limit(512, least=64, process="the S3 gateway")
    key_generation: int = Field(1, ge=1, description="number; raise it to replace the keys")
    former_key_generation: int | None = Field(
        None, ge=1, description="generation of the keys that stay valid meanwhile; unset: none"
    )

    @model_validator(mode="after")
    def _former_keys_are_earlier(self) -> Self:
        """`s3.former_key_generation` is below `s3.key_generation`."""
        former_is_earlier("former_key_generation", self.key_generation, self.former_key_generation)
        return self
