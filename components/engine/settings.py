"""Settings of the Docker engines."""

from ipaddress import IPv4Network
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from components.engine.forms import (
    KEY_FINGERPRINT,
    DaemonKey,
    KeyFingerprint,
    OperatorName,
    RegistryName,
    RepositoryUrl,
)
from components.fields import Section, SingleLineText, Url, Version
from components.generations import former_is_earlier
from components.network_fields import LONGEST_PREFIX, AddressRange

# Default versions by source: that of Debian 12, and the newest that these tests run, which docker.com has for both
# distributions.
ENGINE_VERSIONS = {"distribution": "20.10.24", "docker.com": "28.5.2"}
CONTAINERD_VERSION = "1.7.29"  # of docker.com's containerd.io, which contains runc
# The release of the oldest engine that the tests run, that of Debian 12.
OLDEST_ENGINE = (20, 10)


class RepositorySettings(Section):
    """A package repository with the folders of https://download.docker.com."""

    url: RepositoryUrl = Field(
        "https://download.docker.com", description="URL of docker.com's packages or of a mirror, above `linux`"
    )
    key_fingerprint: KeyFingerprint = Field(
        KEY_FINGERPRINT, description="fingerprint of the only key that may sign the packages"
    )


class RegistrySettings(Section):
    """A registry that asks for a login; its password is in the secret `registry_passwords`."""

    username: SingleLineText = Field(min_length=1, examples=["ops"], description="user name at the registry")


class AddressPool(Section):
    """A range from which an engine allocates its bridge networks."""

    base: AddressRange = Field(description="address range of the pool")
    prefix: int = Field(24, ge=16, le=LONGEST_PREFIX, description="prefix length of each network")

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
        None, description="source of Docker's packages; unset: distribution on local machines, else docker.com"
    )
    version: Version | None = Field(
        None,
        description="exact engine version from 20.10 on; unset: 20.10.24 (distribution) or 28.5.2 (docker.com)",
    )
    containerd_version: Version | None = Field(
        None,
        examples=[CONTAINERD_VERSION],
        description="exact version of docker.com's containerd.io, with runc; unset: 1.7.29",
    )
    repository: RepositorySettings = Field(
        RepositorySettings(), description="package repository of the source docker.com"
    )
    log_max_size_mib: int = Field(
        10, ge=1, le=1024, description="size in MiB at which Docker rotates a container's log"
    )
    log_max_files: int = Field(3, ge=1, le=100, description="number of rotated logs per container")
    address_pools: list[AddressPool] = Field(
        [AddressPool(base=IPv4Network("10.200.0.0/16"))],
        min_length=1,
        description="address pools of bridge networks, each within one machine",
    )
    registry_mirrors: list[Url] = Field([], description="mirrors for images without a registry in their name")
    registries: dict[RegistryName, RegistrySettings] = Field(
        {}, description="registries that need a login, by the first part of images' names"
    )
    daemon: dict[DaemonKey, Any] = Field(
        {}, examples=[{"debug": True}], description="additional keys of daemon.json; a change restarts engines"
    )
    no_new_privileges: bool | None = Field(
        None,
        description="blocks sudo in containers; unset: on for a host without existing machines",
    )
    icc: bool | None = Field(
        None,
        description="traffic between containers on Docker's default bridge; unset: on for existing machines",
    )
    operators: list[OperatorName] = Field(
        [], description="operators with their own certificate; a change restarts the managers' engines"
    )
    certificate_generation: int = Field(
        1, ge=1, description="number; raise it to replace the CA and everybody's certificates"
    )
    former_certificate_generation: int | None = Field(
        None, ge=1, description="generation of the CA that stays valid meanwhile; unset: none"
    )
    server_certificate_generation: int = Field(
        1, ge=1, description="number; raise it to replace only the managers' keys and certificates"
    )
    program_certificate_generation: int = Field(
        1, ge=1, description="number; raise it to replace only the program's key and certificate"
    )
    nuvla_certificate_generation: int = Field(
        1, ge=1, description="number; raise it to replace only Nuvla's key and certificate"
    )
    operator_certificate_generation: int = Field(
        1, ge=1, description="number; raise it to replace only the operators' key and certificate"
    )
    server_certificate_days: int = Field(730, ge=120, le=3650, description="lifetime of server certificates in days")
    client_certificate_days: int = Field(
        365, ge=60, le=3650, description="lifetime of Nuvla's and the operators' certificates in days"
    )

    @model_validator(mode="after")
    def _engine_is_not_too_old(self) -> Self:
        """`engine.version` is 20.10 or newer."""
        if self.version and tuple(map(int, self.version.split("."))) < OLDEST_ENGINE:
            oldest, newest = ".".join(map(str, OLDEST_ENGINE)), ENGINE_VERSIONS["docker.com"]
            raise ValueError(f'version: "{self.version}" given; allowed: {oldest}.0 or newer, such as {newest}')
        return self

    @model_validator(mode="after")
    def _former_ca_is_earlier(self) -> Self:
        """`engine.former_certificate_generation` is below `engine.certificate_generation`."""
        former_is_earlier(
            "former_certificate_generation", self.certificate_generation, self.former_certificate_generation
        )
        return self

    @model_validator(mode="after")
    def _require_different_operators(self) -> Self:
        """`engine.operators` lists each name once."""
        for index, name in enumerate(self.operators):
            if name in self.operators[:index]:
                raise ValueError(
                    f'operators[{index}]: "{name}" given twice; allowed: each name once, such as alice, bob'
                )
        return self

    @property
    def major(self) -> int:
        """Return the major version, of a resolved section."""
        return int((self.version or "0").split(".")[0])

    def resolved(self, *, default_source: str, no_new_privileges: bool, icc: bool) -> Self:
        """Return the section with values for all unset fields.

        The distribution chooses the version of its containerd, so it stays unset there.
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
