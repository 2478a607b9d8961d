"""The resources of a host, an infrastructure that Nuvla itself runs on."""

from typing import Any

from components import catalog
from components.firewall.rules import host_rows
from components.machines.prior_state import PriorState
from components.nuvla_host.map_count import MapCount, MapCountArgs
from stacks import foundation
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.foundation import Foundation
from stacks.outputs import common_outputs
from stacks.services.monitoring import deploy_monitoring
from stacks.services.socket_proxy import deploy_socket_proxy, reserve_ports
from stacks.services.traefik import deploy_traefik
from stacks.swarm_platform import SwarmPlatform


def build(settings: Settings, secrets: Secrets, prior: PriorState) -> dict[str, Any]:
    """Make the resources of a host; return the stack's outputs."""
    # Machines, each with an engine, a firewall and folders for data
    rows = host_rows(
        swarm_port=settings.firewall.expose_swarm_port_to_nuvla, declared=catalog.declared_ports(settings.features)
    )
    machines = foundation.deploy(settings, secrets, rows, prior)

    # Kernels of the machines that run the database
    kernels = _prepare_kernels(settings, machines)

    # The swarm and its networks
    platform = SwarmPlatform(settings, machines, prior, before_joining=kernels, secrets=secrets)

    # Services
    reserve_ports(platform)
    deploy_socket_proxy(platform)
    deploy_traefik(platform, secrets)
    deploy_monitoring(platform, secrets)

    # Machines that are no longer in the settings leave
    platform.end()

    networks = {"public": settings.swarm.public_network.name, "backend": settings.swarm.backend_network}
    return {**common_outputs(platform), "networks": networks}


def _prepare_kernels(settings: Settings, machines: Foundation) -> dict[str, MapCount]:
    return {
        name: MapCount(
            f"{name}-map-count",
            MapCountArgs(machine=machines.cluster.machines[name], depends_on=machines.packages[name]),
            machines.cluster.child_lifecycle(),
        )
        for name in settings.machines.names_with_label("type", "worker-db")
    }
