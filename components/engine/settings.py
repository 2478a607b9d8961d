"""Settings of the Docker engine of every machine."""

from ipaddress import IPv4Network
from typing import Literal, Self

from pydantic import Field, model_validator

from components.fields import LONGEST_PREFIX, AddressRange, Section, Url

# By source, for stacks that set none: Debian 12's own, and a release that both distributions get the same.
ENGINE_VERSIONS = {"distribution": "20.10.24", "docker.com": "28.5.1"}
CONTAINERD_VERSION = "1.7.29"  # of docker.com, which has runc in the same package


class AddressPool(Section):
    """Networks that an engine cuts its own bridge networks from."""

    base: AddressRange = Field(description="range of the pool")
    prefix: int = Field(24, ge=16, le=LONGEST_PREFIX, description="size of one network, as its prefix length")

    @model_validator(mode="after")
    def _holds_a_network(self) -> Self:
        """`base` of each of `engine.address_pools` is at least as large as a network of its `prefix`."""
        if self.prefix < self.base.prefixlen:
            raise ValueError(
                f"prefix: {self.prefix} given; allowed: {self.base.prefixlen} to {LONGEST_PREFIX}, within {self.base}"
            )
        return self


class EngineSettings(Section):
    """The Docker engine of every machine."""

    source: Literal["distribution", "docker.com"] | None = Field(
        None, description="whose packages; unset: on local machines the distribution's, else docker.com's"
    )
    version: str | None = Field(
        None,
        pattern=r"^\d+\.\d+\.\d+$",
        description="exact, the same on all machines; unset: 20.10.24 of the distribution, 28.5.1 of docker.com",
    )
    containerd_version: str | None = Field(
        None,
        pattern=r"^\d+\.\d+\.\d+$",
        description="exact, of docker.com's containerd.io, which has runc in it; unset: 1.7.29",
    )
    log_max_size_mib: int = Field(10, ge=1, le=1024, description="size at which a container's log is rotated")
    log_max_files: int = Field(3, ge=1, le=100, description="rotated logs kept of a container")
    address_pools: list[AddressPool] = Field(
        [AddressPool(base=IPv4Network("10.200.0.0/16"))], min_length=1, description="for networks of one machine"
    )
    registry_mirrors: list[Url] = Field([], description="mirrors for images without a registry in their name")
    no_new_privileges: bool | None = Field(
        None,
        description="whether sudo and its like work in no container; unset: on a host, but on existing machines",
    )
    icc: bool | None = Field(
        None,
        description="whether containers on Docker's own bridge reach each other; unset: on existing machines",
    )
    certificate_generation: int = Field(1, ge=1, description="raise it to renew the CA and the program's certificate")
    nuvla_certificate_generation: int = Field(1, ge=1, description="raise it for another key of Nuvla alone")
    operator_certificate_generation: int = Field(1, ge=1, description="raise it for another key of operators alone")
    server_certificate_days: int = Field(730, ge=120, le=3650, description="lifetime of the certificates on 2376")
    client_certificate_days: int = Field(365, ge=60, le=3650, description="lifetime of Nuvla's and operators' ones")

    @property
    def major(self) -> int:
        """The first number of the version, of a resolved section."""
        return int((self.version or "0").split(".")[0])

    def resolved(self, *, default_source: str, no_new_privileges: bool, icc: bool) -> Self:
        """Return the section with a value for all that is unset.

        The distribution's containerd has the version that the distribution gives it.
        """
        source = self.source or default_source
        own_containerd = self.containerd_version or CONTAINERD_VERSION
        return self.model_copy(
            update={
                "source": source,
                "version": self.version or ENGINE_VERSIONS[source],
                "containerd_version": None if source == "distribution" else own_containerd,
                "no_new_privileges": no_new_privileges if self.no_new_privileges is None else self.no_new_privileges,
                "icc": icc if self.icc is None else self.icc,
            }
        )
