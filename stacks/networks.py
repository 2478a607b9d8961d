"""The program's own overlay networks, their subnets in the swarm's address pools, and the room for applications."""

from dataclasses import replace
from ipaddress import IPv4Network

import pulumi

from components.monitoring.stack import NETWORK as MONITORING
from components.socket_proxy.stack import NETWORK as DOCKER
from components.swarm.network import OverlayNetworkArgs
from components.traefik.certificate_sync import NETWORK as CERTIFICATE_SYNC
from components.traefik.published import NETWORK as WEB
from stacks.config.settings import Settings

# The position of each network counts from the end of the largest pool: Docker takes the subnets of applications from
# the beginning.
PLACES = ("public-network", "backend-network", "monitoring-network", "docker-api", "traefik-sharing", "web-network")
ENOUGH_DEPLOYMENTS = 1000  # a target with room for fewer deployments of Nuvla gets a warning
SHARE_BITS = 8  # each of these networks has 1/256 of the pool


def own(settings: Settings) -> dict[str, OverlayNetworkArgs]:
    """Return the program's networks, by their logical names.

    Only the backend network and the network that copies certificates depend on settings.
    """
    public = settings.swarm.public_network
    networks = {
        "public-network": OverlayNetworkArgs(
            physical_name=public.name,
            attachable=public.attachable,
            setting="swarm.public_network",
            name_setting="swarm.public_network.name",
        ),
        "web-network": OverlayNetworkArgs(physical_name=WEB, attachable=False),
        "docker-api": OverlayNetworkArgs(physical_name=DOCKER, attachable=False, internal=True),
        "monitoring-network": OverlayNetworkArgs(physical_name=MONITORING, attachable=False),
    }
    if settings.kind == "host":
        networks["backend-network"] = OverlayNetworkArgs(
            physical_name=settings.swarm.backend_network,
            attachable=True,
            setting="swarm.backend_network",
            name_setting="swarm.backend_network",
        )
    if settings.shares_certificates:
        networks["traefik-sharing"] = OverlayNetworkArgs(
            physical_name=CERTIFICATE_SYNC, attachable=False, internal=True
        )
    return {name: replace(args, subnet=subnet(settings, name)) for name, args in networks.items()}


def subnet(settings: Settings, name: str) -> IPv4Network | None:
    """Return the subnet of one of the program's networks; None if Swarm's default subnet is as large."""
    pool = largest(settings)
    prefix = pool.prefixlen + SHARE_BITS
    if prefix >= settings.swarm.subnet_prefix:
        return None
    size = 2 ** (32 - prefix)
    return IPv4Network((int(pool.broadcast_address) + 1 - size * (PLACES.index(name) + 1), prefix))


def largest(settings: Settings) -> IPv4Network:
    """Return the pool that has the subnets of the program's networks."""
    return min(settings.swarm.address_pools, key=lambda pool: pool.prefixlen)


def tasks(settings: Settings) -> dict[str, dict[str, int]]:
    """Return the number of tasks on each of the program's networks, by service of the program."""
    names = settings.machines.names
    machines, managers, workers = len(names("manager", "worker")), len(names("manager")), len(names("worker"))
    public, web, monitoring = {"traefik": managers}, {"traefik": managers}, {"traefik": managers}
    docker = {"socket-proxy": managers}
    backend: dict[str, int] = {}
    certificate_sync: dict[str, int] = {}
    if names("worker", active=True):
        docker["socket-proxy-worker"] = workers
    if settings.shares_certificates:
        web["traefik-issuer"] = 1
        certificate_sync |= {"traefik-certificates": 1, "traefik-copies": managers}
    if settings.monitoring.enabled:
        web |= {"prometheus": 1, "grafana": 1}
        docker["prometheus"] = 1
        monitoring |= dict.fromkeys(("prometheus", "alertmanager", "grafana", "blackbox"), 1)
        monitoring |= {"node-exporter": machines, "cadvisor": machines}
        if settings.monitoring.elasticsearch.enabled:
            monitoring["elasticsearch-exporter"] = backend["elasticsearch-exporter"] = 1
    if settings.has_s3:
        web["s3"] = 1
    by_network = dict(zip(PLACES, (public, backend, monitoring, docker, certificate_sync, web), strict=True))
    return {name: by_network[name] for name in own(settings)}


def demand(settings: Settings) -> dict[str, int]:
    """Return the number of addresses that each network of the swarm needs.

    Each machine and each task has one. Each service needs a spare one: a new task gets its address before Swarm frees
    the address of the task that it replaces.
    """
    machines = len(settings.machines.names("manager", "worker"))
    addresses = {name: machines + sum(counts.values()) + len(counts) for name, counts in tasks(settings).items()}
    return {"ingress": machines, **addresses}


def prefix(settings: Settings, name: str) -> int:
    """Return the prefix length of a network."""
    own_subnet = subnet(settings, name) if name in PLACES else None
    return own_subnet.prefixlen if own_subnet else settings.swarm.subnet_prefix


def capacity(prefix: int) -> int:
    """Return the number of addresses for tasks and machines: all but those of network, gateway and broadcast."""
    return (1 << 32 - prefix) - 3


def fitting(addresses: int) -> int:
    """Return the longest prefix of a network with room for so many addresses."""
    return next(length for length in range(30, 0, -1) if capacity(length) >= addresses)


def total(settings: Settings) -> int:
    """Return the number of networks that the address pools hold."""
    return sum(1 << settings.swarm.subnet_prefix - pool.prefixlen for pool in settings.swarm.address_pools)


def deployments(settings: Settings) -> int:
    """Return the number of deployments of Nuvla that a target has room for.

    Each deployment has a network, and one service on the public network with two addresses: its own and its task's.
    """
    taken = 1 + sum(1 << settings.swarm.subnet_prefix - prefix(settings, name) for name in own(settings))
    free = capacity(prefix(settings, "public-network")) - demand(settings)["public-network"]
    return max(0, min(total(settings) - taken, free // 2))


def warn_of_little_room(settings: Settings) -> None:
    """Log a warning if a target has room for few deployments: nobody can change the address pools of a swarm later."""
    room = deployments(settings)
    if room < ENOUGH_DEPLOYMENTS:
        pulumi.log.warn(
            f"swarm.address_pools and swarm.subnet_prefix have room for about {room} deployments of Nuvla, and cannot "
            "be changed once the swarm is there: see docs/05-target-and-host.md, room for networks"
        )
