"""Checks and warnings of an update that changes the networks of a swarm."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from stacks import networks
from stacks.config.settings import Settings


def ranges_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
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
