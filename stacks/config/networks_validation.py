"""Checks of names and sizes of networks, and of names of machines; the first sentence of each is a rule.

docs/settings.md lists the rules.
"""

from collections.abc import Iterator

from components.monitoring.stack import NETWORK as MONITORING
from components.socket_proxy.stack import NETWORK as DOCKER
from components.traefik.certificate_sync import NETWORK as CERTIFICATE_SYNC
from components.traefik.published import NETWORK as WEB
from stacks import networks
from stacks.config.settings import Settings

# Names of the program's networks, then of Docker's own.
TAKEN_NAMES = (
    *(DOCKER, MONITORING, CERTIFICATE_SYNC, WEB),
    *("bridge", "default", "docker_gwbridge", "host", "ingress", "none"),
)


def _network_names_are_free(settings: Settings) -> Iterator[str]:
    """`swarm.public_network.name` and `swarm.backend_network` differ on a host, and are no other network's name.

    The other networks are those of the program and of Docker.
    """
    swarm = settings.swarm
    names = [("swarm.public_network.name", swarm.public_network.name), ("swarm.backend_network", swarm.backend_network)]
    for path, name in names:
        if name in TAKEN_NAMES:
            yield f'{path}: "{name}" given; allowed: a name other than {", ".join(TAKEN_NAMES)}'
    if settings.kind == "host" and swarm.backend_network == swarm.public_network.name:
        yield f'swarm.backend_network: "{swarm.backend_network}" given; allowed: another name than the public network'


def _machine_names_are_unique(settings: Settings) -> Iterator[str]:
    """No two machines have the same name, `<pool>-<host>`: `worker-gpu-1` may come from `worker` or `worker-gpu`."""
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
    """`swarm.address_pools` have room for all networks, and `swarm.subnet_prefix` for all addresses in each of them.

    Without room, tasks would wait for an address for ever, and only the engine's log would say so.
    """
    swarm, prefix = settings.swarm, settings.swarm.subnet_prefix
    own = networks.own(settings)
    needed, available = 1 + len(own) + 1, networks.total(settings)
    if available < needed:
        names = ", ".join(["ingress", *(network.physical_name for network in own.values())])
        yield (
            f"swarm.address_pools: {', '.join(map(str, swarm.address_pools))} given; allowed: room for {needed} "
            f"networks of /{prefix} at least ({names}, one of an application), and here is room for {available}"
        )
    machines = len(settings.machines.names("manager", "worker"))
    demand = networks.demand(settings)
    lacking = {name: demand[name] - networks.capacity(networks.prefix(settings, name)) for name in demand}
    name = max(lacking, key=lambda network: lacking[network])
    if lacking[name] > 0:
        physical_name = own[name].physical_name if name in own else name
        yield (
            f"swarm.subnet_prefix: {prefix} given; allowed: at most {networks.fitting(demand[name])}, "
            f"as with {machines} machines network {physical_name} needs {demand[name]} addresses, "
            f"and has {demand[name] - lacking[name]}"
        )


CHECKS = (_network_names_are_free, _machine_names_are_unique, _networks_have_room)
