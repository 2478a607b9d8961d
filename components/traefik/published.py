"""Labels of the program's own services, by which Traefik routes to them before it routes to any application."""

from collections.abc import Sequence

NETWORK = "nuvla-swarm-web"  # of Traefik and these services alone
PREFIX = "nuvla-swarm-"  # of names in labels; `answers.lua` removes it from labels of applications
TOP_PRIORITY = 9223372036854774807  # the highest one that Traefik accepts: it reserves those above for itself
CONSOLES = f"{PREFIX}consoles@file"  # middleware that lets in the networks of `firewall.consoles`
LOGIN = (f"{PREFIX}login-rate@file", f"{PREFIX}prometheus-login@file")  # middlewares for services without a login
HTTP_1 = f"{PREFIX}http-1@file"  # TLS options for services that speak HTTP/1.1 only


def path_rule(path: str) -> str:
    """Return the rule of a path and of all paths below: "/grafana" and "/grafana/x", but not "/grafana-x"."""
    return f"(Path(`{path}`) || PathPrefix(`{path}/`))"


def s3_hosts(name: str | None) -> dict[str, str]:
    """Return the host name of S3 on each entry point: any ("*") on its own port, and `name`, if given, on 443."""
    return {"s3": "*"} | ({"websecure": name} if name else {})


def enabled() -> dict[str, str]:
    """Return the labels that every published service needs beside the others."""
    return {"traefik.enable": "true", "traefik.swarm.network": NETWORK}


def http(name: str, rule: str, port: int, middlewares: Sequence[str] = ()) -> dict[str, str]:
    """Return the labels of a service that answers the requests on 443 that match the rule."""
    router = f"traefik.http.routers.{PREFIX}{name}"
    labels = {
        f"{router}.rule": rule,
        f"{router}.entrypoints": "websecure",
        f"{router}.tls": "true",
        f"{router}.priority": str(TOP_PRIORITY),
        f"{router}.service": f"{PREFIX}{name}",
        f"traefik.http.services.{PREFIX}{name}.loadbalancer.server.port": str(port),
    }
    return labels | ({f"{router}.middlewares": ",".join(middlewares)} if middlewares else {})


def challenge(port: int) -> dict[str, str]:
    """Return the labels of the service that answers ACME challenges on 80, before the redirection to 443."""
    router = f"traefik.http.routers.{PREFIX}challenge"
    return enabled() | {
        f"{router}.rule": "PathPrefix(`/.well-known/acme-challenge/`)",
        f"{router}.entrypoints": "web",
        f"{router}.priority": str(TOP_PRIORITY),
        f"{router}.service": f"{PREFIX}challenge",
        f"traefik.http.services.{PREFIX}challenge.loadbalancer.server.port": str(port),
    }


def tcp(name: str, port: int, entry_points: dict[str, str]) -> dict[str, str]:
    """Return the labels of a service that receives TLS connections byte for byte; `entry_points` maps each to a host.

    The host "*" stands for all names. Traefik terminates TLS, and passes the client's address in version 2 of the PROXY
    protocol.
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
            f"{router}.priority": str(TOP_PRIORITY),
            f"{router}.service": f"{PREFIX}{name}",
            f"{router}.middlewares": f"{PREFIX}connections@file",
        }
    return labels
