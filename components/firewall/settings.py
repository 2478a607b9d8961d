"""Settings of the firewall: networks of the sources, and ports of deployed applications."""

from ipaddress import IPv4Network
from typing import Literal, Self

from pydantic import Field, model_validator

from components.fields import Network, Section, former
from components.ports import TrafficSource


class EphemeralPorts(Section):
    """The port range of deployed applications, which the kernel also uses for outgoing connections."""

    first: int = Field(32768, ge=1024, le=65535, description="first port; 30000 includes the ports that Swarm assigns")
    last: int = Field(60999, ge=1024, le=65535, description="last port")

    @property
    def span(self) -> tuple[int, int]:
        """Return the first and the last port."""
        return self.first, self.last

    def holds(self, port: int) -> bool:
        """Return whether the port is in the range."""
        return self.first <= port <= self.last

    @model_validator(mode="after")
    def _require_range(self) -> Self:
        """`firewall.ephemeral.last` is greater than `firewall.ephemeral.first`."""
        if self.last <= self.first:
            raise ValueError(f"last: {self.last} given; allowed: more than first, {self.first}")
        return self


class FirewallSettings(Section):
    """The source networks of the firewall. The machines' ports are closed to all others."""

    management: list[Network] = Field(
        min_length=1,
        examples=[["203.0.113.7/32"]],
        description="source networks of operators and of this program",
    )
    nuvla: list[Network] = Field(
        [], examples=[["203.0.113.8/32"]], description="source networks of the Nuvla service that deploys"
    )
    users: list[Network] = Field([IPv4Network("0.0.0.0/0")], description="source networks of users of applications")
    consoles: Literal["management", "users"] = Field(
        "management", description="sources of Prometheus, Grafana and the S3 console; `users` includes operators"
    )
    ephemeral: EphemeralPorts = Field(EphemeralPorts(), description="port range of deployed applications")
    expose_swarm_port_to_nuvla: bool = Field(
        False,
        description="whether 2377 is open to Nuvla (host: operators), as its guide lists; not needed",
        json_schema_extra=former("swarm_port"),
    )

    def sources(self) -> dict[TrafficSource, list[IPv4Network]]:
        """Return the networks of all sources except the machines themselves."""
        return {
            TrafficSource.MANAGEMENT: self.management,
            TrafficSource.NUVLA: self.nuvla,
            TrafficSource.USERS: self.users,
        }

    def console_users(self) -> list[IPv4Network]:
        """Return the source networks of the program's own pages."""
        return [*self.management, *(self.users if self.consoles == "users" else [])]
