"""Deployment of the socket proxy, and reservation of the machines' ports."""

from components import catalog
from components.firewall.reserved_ports import ReservedPorts, ReservedPortsArgs
from components.socket_proxy.stack import socket_proxy
from components.traefik.acme import ISSUER
from components.traefik.additions import HAND_OVER_S
from stacks.swarm_platform import SwarmPlatform


def reserve_ports(platform: SwarmPlatform) -> None:
    """Make Docker refuse applications that publish a port which the machines use."""
    foundation = platform.foundation
    args = ReservedPortsArgs(
        rows=foundation.rows,
        ssh=sorted({machine.port for machine in foundation.cluster.machines.values()}),
        image=platform.image("haproxy"),
        owner=foundation.owner,
    )
    ReservedPorts("reserved-ports", args, platform.in_swarm)


def deploy_socket_proxy(platform: SwarmPlatform) -> None:
    """Deploy a proxy on each machine that runs services."""
    settings = platform.settings
    managers, workers = settings.machines.names("manager"), settings.machines.names("worker", active=True)
    spec = socket_proxy(
        platform.image("haproxy"),
        [platform.docker],
        workers=bool(workers),
        published=[
            *(service.name for service in catalog.published(settings.features)),
            *([ISSUER] if settings.shares_certificates else []),
        ],
        s3_name=settings.s3_name,
        hand_over_s=HAND_OVER_S if settings.machines.virtual_address else 0,
    )
    platform.stack("socket-proxy", spec, [*managers, *workers])
