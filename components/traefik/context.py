"""The infrastructure as Traefik sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.traefik.acme import AcmeIssuer


@dataclass(frozen=True, kw_only=True)
class TraefikContext:
    """Plain values of the rest of the stack that Traefik needs; a preview shows them."""

    network: str  # name of the network of applications
    s3_port: int | None  # port of the machines that publishes S3; None without S3
    s3_name: str | None  # host name of S3 on 443
    operators: Sequence[str]  # source networks of port 8080, "192.0.2.0/24"
    consoles: Sequence[str]  # source networks of the program's own pages
    reserved: Sequence[str]  # rules of the program's own paths on 443, "Path(`/grafana`)"
    acme: AcmeIssuer | None = None  # None: only self-signed certificates
    hands_over: bool = False  # whether an address moves between managers, and leaves one whose Traefik is to stop
