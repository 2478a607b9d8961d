"""Rules and warnings of an update that changes the networks of the machines or of the swarm."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from components.rule import Rule
from stacks import networks
from stacks.config.settings import Settings


def _machine_network_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the network of the machines changes, by whose addresses members of the swarm know each other."""
    machine_network = settings.machines.machine_network()
    if machine_network is None or not prior.members:
        return
    setting, network = machine_network
    if prior.network is not None and str(network or "") != prior.network:
        yield (
            f"{setting}: {network or 'none'} given; the machines of the swarm know each other by their addresses; "
            f"allowed: {prior.network or 'none'}, or another stack"
        )


def _ranges_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each changed setting of the address pools: Docker cannot change those of an existing swarm."""
    if prior.ranges is None or not set(prior.managers) - set(settings.machines.lost):
        return
    swarm, (pools, prefix) = settings.swarm, prior.ranges
    configured = [str(pool) for pool in swarm.address_pools]
    if configured != pools:
        yield (
            f"swarm.address_pools: {', '.join(configured)} given; a swarm keeps its first ranges; "
            f"allowed: {', '.join(pools)}, or another stack"
        )
    if swarm.subnet_prefix != prefix:
        yield (
            f"swarm.subnet_prefix: {swarm.subnet_prefix} given; a swarm keeps its first ranges; "
            f"allowed: {prefix}, or another stack"
        )


def replaced_networks(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a warning for each network that the update replaces; only the update sees the applications on it."""
    tasks, own = networks.tasks(settings), networks.own(settings)
    for name, network in own.items():
        former = prior.networks.get(name)
        if former is None or former == (network.physical_name, network.attachable, network.internal):
            continue
        services = f", and meanwhile nobody reaches {', '.join(tasks[name])}" if tasks[name] else ""
        yield (
            f"{network.setting or network.physical_name}: {former[0]} is removed and created again{services}; "
            "the update is refused while other services use it"
        )


RULES = (
    Rule(
        id="machine-network",
        refuses="another `machines.subnet` or `machines.private_network`, or none any more",
        check=_machine_network_stays,
    ),
    Rule(
        id="swarm-ranges",
        refuses="other `swarm.address_pools`, or another `swarm.subnet_prefix`: Docker cannot change them",
        check=_ranges_stay,
    ),
)
