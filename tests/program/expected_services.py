"""The services of a target, as the tests of whole programs expect them: one row a service."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is known of a service without asking the program."""

    stack: str
    user: str | None  # "<uid>:<gid>"; None: the user of its image
    data: str | None = None  # name of the volume that it writes to
    ports: frozenset[int] = frozenset()  # that it publishes on machines
    published: bool = False  # whether Traefik publishes it
    monitoring: bool = True  # whether it is on the network of monitoring


SERVICES = {
    "socket-proxy": Expected(stack="socket-proxy", user="0:0", monitoring=False),
    "socket-proxy-worker": Expected(stack="socket-proxy", user="0:0", monitoring=False),
    "traefik": Expected(stack="traefik", user=None, ports=frozenset({80, 443, 8080, 9000})),
    "s3": Expected(stack="s3", user="65534:65534", data="nfs", published=True, monitoring=False),
    "s3-gateway": Expected(stack="s3", user="65534:65534", data="nfs", monitoring=False),
    "prometheus": Expected(stack="monitoring", user="65522:65522", data="prometheus", published=True),
    "alertmanager": Expected(stack="monitoring", user="65523:65523", data="alertmanager"),
    "grafana": Expected(stack="monitoring", user="472:472", data="grafana", published=True),
    "blackbox": Expected(stack="monitoring", user="65524:65524"),
    "node-exporter": Expected(stack="monitoring", user="65521:65521"),
    "cadvisor": Expected(stack="monitoring", user="0:0"),
}
PROXIES = {name for name, service in SERVICES.items() if service.stack == "socket-proxy"}
WITH_DATA = {name: service.data for name, service in SERVICES.items() if service.data is not None}
