"""The resources of a target, an infrastructure onto which Nuvla deploys users' applications."""

from typing import Any

from components import catalog
from components.firewall.rules import target_rows
from components.machines.data_paths import NFS_ROOT
from components.machines.prior_state import PriorState
from stacks import foundation, networks
from stacks.config.loader import Secrets
from stacks.config.settings import Settings
from stacks.outputs import common_outputs
from stacks.services.monitoring import deploy_monitoring
from stacks.services.s3 import deploy_nfs, deploy_s3
from stacks.services.socket_proxy import deploy_socket_proxy, reserve_ports
from stacks.services.traefik import deploy_traefik
from stacks.swarm_platform import SwarmPlatform


def build(settings: Settings, secrets: Secrets, prior: PriorState) -> dict[str, Any]:
    """Make the resources of a target; return the stack's outputs."""
    networks.warn_of_little_room(settings)

    # Machines, each with an engine, a firewall and folders for data
    rows = target_rows(
        ephemeral=settings.firewall.ephemeral.span,
        nfs=settings.has_nfs,
        s3_port=settings.s3.port if settings.has_s3 else None,
        swarm_port=settings.firewall.expose_swarm_port_to_nuvla,
        declared=catalog.declared_ports(settings.features),
    )
    machines = foundation.deploy(settings, secrets, rows, prior)

    # Files that the machines share
    nfs = deploy_nfs(settings, machines)

    # The swarm and its networks
    platform = SwarmPlatform(settings, machines, prior, before_joining=nfs.exports if nfs else {}, secrets=secrets)

    # Services
    reserve_ports(platform)
    deploy_socket_proxy(platform)
    deploy_traefik(platform, secrets)
    deploy_monitoring(platform, secrets)
    s3 = deploy_s3(platform, nfs)

    # Machines that are no longer in the settings leave
    platform.end()

    files = {"nfs": {"address": nfs.server.private_address, "path": NFS_ROOT}} if nfs else {}
    return {**common_outputs(platform), **files, **s3}
