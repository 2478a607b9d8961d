"""Settings of the firewall: networks of the sources, and ports of deployed applications."""

from difflib import get_close_matches
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from components.fields import Section, former
from components.network_fields import SourceNetwork, advice_on_source, require_source
from components.ports import PortRule, TrafficSource
from components.text_form import TextForm

NAMED_SOURCES = (TrafficSource.MANAGEMENT, TrafficSource.NUVLA, TrafficSource.USERS)  # whose networks are settings


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


def _ports(value: Any, parse: ValidatorFunctionWrapHandler) -> str:
    text = str(value) if type(value) is int else value
    try:
        first, last = span(parse(text))
    except ValueError as error:
        raise ValueError("a port such as 5000, or the first and the last one, such as 30000-30010") from error
    if not 1 <= first <= last <= 65535:
        raise ValueError("ports from 1 to 65535, the first one before the last")
    return str(text)


def span(ports: str) -> tuple[int, int]:
    """Return the first and the last port of a text such as `5000` or `30000-30010`."""
    first, _, last = ports.partition("-")
    return int(first), int(last or first)


def _source(value: Any, parse: ValidatorFunctionWrapHandler) -> str:
    try:
        text: str = parse(value)
        return text if text in NAMED_SOURCES else str(require_source(IPv4Network(text)))
    except ValueError as error:
        names = ", ".join(NAMED_SOURCES)
        close = get_close_matches(str(value).lower(), NAMED_SOURCES, n=1)
        advice = f"; did you mean {close[0]}?" if close else advice_on_source(value)
        raise ValueError(f"{names}, or an IPv4 network, such as 192.0.2.0/24{advice}") from error


PortSpan = Annotated[
    str, TextForm(r"^[0-9]{1,5}(-[0-9]{1,5})?$", "a port or a range of ports", "5000-5010"), WrapValidator(_ports)
]
Source = Annotated[str, WrapValidator(_source), Field(examples=["users"])]
RowTitle = Annotated[
    str,
    TextForm(
        r"^[A-Za-z0-9][A-Za-z0-9 .,:/()+-]{0,59}$", "up to 60 letters, digits and signs .,:/()+-", "MQTT of sensors"
    ),
]


class ExtraPorts(Section):
    """An additional row of the firewall: ports of machines or applications, open to some sources."""

    ports: PortSpan = Field(description="port, or first and last port of a range")
    protocol: Literal["tcp", "udp"] = Field("tcp", description="protocol of the ports")
    sources: list[Source] = Field(
        min_length=1, description="sources: `management`, `nuvla`, `users`, or networks such as 192.0.2.0/24"
    )
    description: RowTitle = Field(description="name of the service on the ports, for rules and previews")

    def row(self) -> PortRule:
        """Return the row of the firewall."""
        first, last = span(self.ports)
        return PortRule(
            service=f"extra: {self.description}",
            first=first,
            last=last,
            protocols=(self.protocol,),
            sources=tuple(source for source in NAMED_SOURCES if source in self.sources),
            networks=tuple(IPv4Network(text) for text in self.sources if text not in NAMED_SOURCES),
        )


class FirewallSettings(Section):
    """The source networks of the firewall. The machines' ports are closed to all others."""

    management: list[SourceNetwork] = Field(
        min_length=1,
        examples=[["203.0.113.7/32"]],
        description="source networks of operators and of this program",
    )
    nuvla: list[SourceNetwork] = Field(
        [],
        examples=[["203.0.113.8/32"]],
        description="source networks of the Nuvla service that deploys; ask its operators",
    )
    users: list[SourceNetwork] = Field(
        [IPv4Network("0.0.0.0/0")], description="source networks of users of applications"
    )
    consoles: Literal["management", "users"] = Field(
        "management", description="sources of Prometheus, Grafana and the S3 console; `users` includes operators"
    )
    ephemeral: EphemeralPorts = Field(EphemeralPorts(), description="port range of deployed applications")
    extra: list[ExtraPorts] = Field([], description="additional open ports of machines or applications, tcp or udp")
    expose_swarm_port_to_nuvla: bool = Field(
        False,
        description="whether Nuvla (host: operators) reaches 2377, as Nuvla's guide lists; not needed",
        json_schema_extra=former("swarm_port"),
    )

    def extra_rows(self) -> list[PortRule]:
        """Return the rows of `extra`."""
        return [ports.row() for ports in self.extra]

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
