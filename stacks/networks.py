"""The overlay networks that a swarm has for itself, and where they are in its address pools."""

from dataclasses import replace
from ipaddress import IPv4Network

import pulumi

from components.monitoring.stack import NETWORK as MONITORING
from components.socket_proxy.stack import NETWORK as DOCKER
from components.swarm.network import OverlayNetworkArgs
from components.traefik.certificate_sync import NETWORK as SHARING
from components.traefik.published import NETWORK as WEB
from stacks.config.settings import Settings

# By their place from the end of the largest pool: Docker takes those of applications from its beginning.
PLACES = ("public-network", "backend-network", "monitoring-network", "docker-api", "traefik-sharing", "web-network")
ENOUGH_DEPLOYMENTS = 1000  # of Nuvla, that a target has room for without a warning
SHARE = 8  # bits: each has one part in 256 of the pool, for as many addresses as others need networks


def own(settings: Settings) -> dict[str, OverlayNetworkArgs]:
    """The networks of the program, by their names in a preview; those that no setting switches on are always there."""
    public = settings.swarm.public_network
    found = {
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
        found["backend-network"] = OverlayNetworkArgs(
            physical_name=settings.swarm.backend_network,
            attachable=True,
            setting="swarm.backend_network",
            name_setting="swarm.backend_network",
        )
    if settings.shares_certificates:
        found["traefik-sharing"] = OverlayNetworkArgs(physical_name=SHARING, attachable=False, internal=True)
    return {name: replace(args, subnet=subnet(settings, name)) for name, args in found.items()}


def subnet(settings: Settings, name: str) -> IPv4Network | None:
    """The subnet of one of the program's networks; None where one of the swarm's own choice is as large."""
    pool = largest(settings)
    prefix = pool.prefixlen + SHARE
    if prefix >= settings.swarm.subnet_prefix:
        return None
    size = 2 ** (32 - prefix)
    return IPv4Network((int(pool.broadcast_address) + 1 - size * (PLACES.index(name) + 1), prefix))


def largest(settings: Settings) -> IPv4Network:
    """The pool that the program's networks are in."""
    return min(settings.swarm.address_pools, key=lambda pool: pool.prefixlen)


def tasks(settings: Settings) -> dict[str, dict[str, int]]:
    """How many tasks of the program's own services are on each of its networks, by service."""
    names = settings.machines.names
    machines, managers, workers = len(names("manager", "worker")), len(names("manager")), len(names("worker"))
    public, web, monitoring = {"traefik": managers}, {"traefik": managers}, {"traefik": managers}
    docker = {"socket-proxy": managers}
    backend: dict[str, int] = {}
    certificate_sync_stack: dict[str, int] = {}
    if names("worker", active=True):
        docker["socket-proxy-worker"] = workers
    if settings.shares_certificates:
        web["traefik-issuer"] = 1
        certificate_sync_stack |= {"traefik-certificates": 1, "traefik-copies": managers}
    if settings.monitoring.enabled:
        web |= {"prometheus": 1, "grafana": 1}
        docker["prometheus"] = 1
        monitoring |= dict.fromkeys(("prometheus", "alertmanager", "grafana", "blackbox"), 1)
        monitoring |= {"node-exporter": machines, "cadvisor": machines}
        if settings.monitoring.elasticsearch.enabled:
            monitoring["elasticsearch-exporter"] = backend["elasticsearch-exporter"] = 1
    if settings.has_s3:
        web["s3"] = 1
    found = dict(zip(PLACES, (public, backend, monitoring, docker, certificate_sync_stack, web), strict=True))
    return {name: found[name] for name in own(settings)}


def demand(settings: Settings) -> dict[str, int]:
    """How many addresses each network of the swarm needs: one for each machine, and one for each task.

    And one for each service, as a task that is made anew has its address before the one that it follows has gone.
    """
    machines = len(settings.machines.names("manager", "worker"))
    needed = {name: machines + sum(on.values()) + len(on) for name, on in tasks(settings).items()}
    return {"ingress": machines, **needed}


def prefix(settings: Settings, name: str) -> int:
    """Size of a network, as its prefix length."""
    wanted = subnet(settings, name) if name in PLACES else None
    return wanted.prefixlen if wanted else settings.swarm.subnet_prefix


def capacity(prefix: int) -> int:
    """How many addresses tasks and machines can have in a network: all but its own, the gateway's and the last one."""
    return (1 << 32 - prefix) - 3


def fitting(addresses: int) -> int:
    """The longest prefix of a network in which so many addresses can be had."""
    return next(length for length in range(30, 0, -1) if capacity(length) >= addresses)


def total(settings: Settings) -> int:
    """How many networks the address pools hold."""
    return sum(1 << settings.swarm.subnet_prefix - pool.prefixlen for pool in settings.swarm.address_pools)


def deployments(settings: Settings) -> int:
    """How many deployments of Nuvla there is room for: each has a network, and on the public one a service.

    Such a service has two addresses there, its task's and its own.
    """
    taken = 1 + sum(1 << settings.swarm.subnet_prefix - prefix(settings, name) for name in own(settings))
    free = capacity(prefix(settings, "public-network")) - demand(settings)["public-network"]
    return max(0, min(total(settings) - taken, free // 2))


def warn_of_little_room(settings: Settings) -> None:
    """Say how many deployments a target has room for, where that is little: the ranges of a swarm never change."""
    room = deployments(settings)
    if room < ENOUGH_DEPLOYMENTS:
        pulumi.log.warn(
            f"swarm.address_pools and swarm.subnet_prefix have room for about {room} deployments of Nuvla, and cannot "
            "be changed once the swarm is there: see docs/kinds.md, room for networks"
        )
