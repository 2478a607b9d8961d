"""The labels by which Traefik publishes the program's own services: first, and under names that no application has."""

from collections.abc import Sequence

NETWORK = "nuvla-swarm-web"  # where Traefik meets them, and nobody else
PREFIX = "nuvla-swarm-"  # `answers.lua` keeps it for the program
FIRST = 9223372036854774807  # the highest priority that is not Traefik's own
CONSOLES = f"{PREFIX}consoles@file"  # lets those in that a setting names
LOGIN = (f"{PREFIX}login-rate@file", f"{PREFIX}prometheus-login@file")  # of what has none of its own
HTTP_1 = f"{PREFIX}http-1@file"  # for what speaks no other version


def under(path: str) -> str:
    """The rule of a path and of all below it, as "/grafana" and "/grafana/x", but not "/grafana-x"."""
    return f"(Path(`{path}`) || PathPrefix(`{path}/`))"


def s3_hosts(name: str | None) -> dict[str, str]:
    """The name by which S3 is reached on an entry point: any on its own ("*"), and the one that it may have on 443."""
    return {"s3": "*"} | ({"websecure": name} if name else {})


def enabled() -> dict[str, str]:
    """Of every service that has others of these."""
    return {"traefik.enable": "true", "traefik.swarm.network": NETWORK}


def http(name: str, rule: str, port: int, middlewares: Sequence[str] = ()) -> dict[str, str]:
    """What answers requests that match the rule, on 443."""
    router = f"traefik.http.routers.{PREFIX}{name}"
    labels = {
        f"{router}.rule": rule,
        f"{router}.entrypoints": "websecure",
        f"{router}.tls": "true",
        f"{router}.priority": str(FIRST),
        f"{router}.service": f"{PREFIX}{name}",
        f"traefik.http.services.{PREFIX}{name}.loadbalancer.server.port": str(port),
    }
    return labels | ({f"{router}.middlewares": ",".join(middlewares)} if middlewares else {})


def challenge(port: int) -> dict[str, str]:
    """What answers the challenges of an ACME server, on 80: before the redirection to 443, and before any service."""
    router = f"traefik.http.routers.{PREFIX}challenge"
    return enabled() | {
        f"{router}.rule": "PathPrefix(`/.well-known/acme-challenge/`)",
        f"{router}.entrypoints": "web",
        f"{router}.priority": str(FIRST),
        f"{router}.service": f"{PREFIX}challenge",
        f"traefik.http.services.{PREFIX}challenge.loadbalancer.server.port": str(port),
    }


def tcp(name: str, port: int, entry_points: dict[str, str]) -> dict[str, str]:
    """What answers over TLS on entry points, each for one name ("*" is all): byte for byte.

    The encryption ends at Traefik. Whom a connection is of is told by version 2 of the PROXY protocol.
    """
    balancer = f"traefik.tcp.services.{PREFIX}{name}.loadbalancer"
    labels = {f"{balancer}.server.port": str(port), f"{balancer}.proxyprotocol.version": "2"}
    for entry_point, host in entry_points.items():
        router = f"traefik.tcp.routers.{PREFIX}{name}-{entry_point}"
        labels |= {
            f"{router}.rule": f"HostSNI(`{host}`)",
            f"{router}.entrypoints": entry_point,
            f"{router}.tls": "true",
            f"{router}.tls.options": HTTP_1,
            f"{router}.priority": str(FIRST),
            f"{router}.service": f"{PREFIX}{name}",
            f"{router}.middlewares": f"{PREFIX}connections@file",
        }
    return labels
