"""What has to hold of names of networks and machines, and of the room that there is for networks and addresses."""

from collections.abc import Iterator

from components.monitoring.stack import NETWORK as MONITORING
from components.socket_proxy.stack import NETWORK as DOCKER
from components.traefik.certificate_sync import NETWORK as SHARING
from components.traefik.published import NETWORK as WEB
from stacks import networks
from stacks.config.settings import Settings

# Those of the program, then those that Docker has itself.
TAKEN = (DOCKER, MONITORING, SHARING, WEB, "bridge", "default", "docker_gwbridge", "host", "ingress", "none")


def _names_of_networks_are_free(settings: Settings) -> Iterator[str]:
    swarm = settings.swarm
    names = [("swarm.public_network.name", swarm.public_network.name), ("swarm.backend_network", swarm.backend_network)]
    for path, name in names:
        if name in TAKEN:
            yield f'{path}: "{name}" given; allowed: a name other than {", ".join(TAKEN)}'
    if settings.kind == "host" and swarm.backend_network == swarm.public_network.name:
        yield f'swarm.backend_network: "{swarm.backend_network}" given; allowed: another name than the public network'


def _machines_have_names_of_their_own(settings: Settings) -> Iterator[str]:
    """The host `gpu-1` of the pool `worker` has the name of the host `1` of the pool `worker-gpu`."""
    pool_of: dict[str, str] = {}
    for name, pool in settings.machines.pools.items():
        for member in pool.members():
            machine = f"{name}-{member}"
            if machine in pool_of:
                yield (
                    f"machines.pools.{name}: machine {machine} given, as by pool `{pool_of[machine]}`; "
                    "allowed: another name for the pool, or for the host in it"
                )
            pool_of.setdefault(machine, name)


def _networks_have_room(settings: Settings) -> Iterator[str]:
    """Otherwise tasks would wait for an address for ever, and only the engine's log would tell."""
    swarm, prefix = settings.swarm, settings.swarm.subnet_prefix
    own = networks.own(settings)
    needed, there = 1 + len(own) + 1, networks.total(settings)
    if there < needed:
        names = ", ".join(["ingress", *(network.physical_name for network in own.values())])
        yield (
            f"swarm.address_pools: {', '.join(map(str, swarm.address_pools))} given; allowed: room for {needed} "
            f"networks of /{prefix} at least ({names}, one of an application), and here is room for {there}"
        )
    machines = len(settings.machines.names("manager", "worker"))
    demand = networks.demand(settings)
    lacking = {name: demand[name] - networks.capacity(networks.prefix(settings, name)) for name in demand}
    name = max(lacking, key=lambda one: lacking[one])
    if lacking[name] > 0:
        physical_name = own[name].physical_name if name in own else name
        yield (
            f"swarm.subnet_prefix: {prefix} given; allowed: at most {networks.fitting(demand[name])}, "
            f"as with {machines} machines network {physical_name} needs {demand[name]} addresses, "
            f"and has {demand[name] - lacking[name]}"
        )


CHECKS = (_names_of_networks_are_free, _machines_have_names_of_their_own, _networks_have_room)
