"""Settings of the firewall: who is who, and the ports of deployed applications."""

from ipaddress import IPv4Network
from typing import Literal, Self

from pydantic import Field, model_validator

from components.fields import Network, Section, former
from components.ports import TrafficSource


class EphemeralPorts(Section):
    """Ports that deployed applications publish, and that the kernel takes for outgoing connections."""

    first: int = Field(32768, ge=1024, le=65535, description="first of the ports; 30000 has Swarm's own choices in it")
    last: int = Field(60999, ge=1024, le=65535, description="last of the ports")

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last port."""
        return self.first, self.last

    def holds(self, port: int) -> bool:
        """Whether the port is one of them."""
        return self.first <= port <= self.last

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        """`firewall.ephemeral.last` is greater than `firewall.ephemeral.first`."""
        if self.last <= self.first:
            raise ValueError(f"last: {self.last} given; allowed: more than first, {self.first}")
        return self


class FirewallSettings(Section):
    """Who may reach which ports of the machines: everything else is closed."""

    management: list[Network] = Field(min_length=1, description="networks of the operators, and of this program")
    nuvla: list[Network] = Field([], description="networks of the Nuvla service that deploys")
    users: list[Network] = Field([IPv4Network("0.0.0.0/0")], description="networks of those who use applications")
    consoles: Literal["management", "users"] = Field(
        "management", description="who reaches Prometheus, Grafana and the console of S3; `users` are operators too"
    )
    ephemeral: EphemeralPorts = Field(EphemeralPorts(), description="ports of deployed applications")
    expose_swarm_port_to_nuvla: bool = Field(
        True,
        description="whether Nuvla reaches 2377, as its guide lists; Nuvla does not need it",
        json_schema_extra=former("swarm_port"),
    )

    def sources(self) -> dict[TrafficSource, list[IPv4Network]]:
        """Return the networks of all sources but the machines themselves."""
        return {
            TrafficSource.MANAGEMENT: self.management,
            TrafficSource.NUVLA: self.nuvla,
            TrafficSource.USERS: self.users,
        }

    def console_users(self) -> list[IPv4Network]:
        """Networks of those who reach the program's own pages."""
        return [*self.management, *(self.users if self.consoles == "users" else [])]
