"""What a swarm that stands cannot become, and what a preview has to say of its networks."""

from collections.abc import Iterator

from components.machines.prior_state import PriorState
from stacks import networks
from stacks.config.settings import Settings


def ranges_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Docker never changes the ranges that a swarm was made with."""
    if prior.ranges is None or not set(prior.managers) - set(settings.machines.lost):
        return
    swarm, (pools, prefix) = settings.swarm, prior.ranges
    given = [str(pool) for pool in swarm.address_pools]
    if given != pools:
        yield (
            f"swarm.address_pools: {', '.join(given)} given; the swarm keeps the ranges that it was made with; "
            f"allowed: {', '.join(pools)}, or another stack"
        )
    if swarm.subnet_prefix != prefix:
        yield (
            f"swarm.subnet_prefix: {swarm.subnet_prefix} given; the swarm keeps the ranges that it was made with; "
            f"allowed: {prefix}, or another stack"
        )


def made_anew(settings: Settings, prior: PriorState) -> Iterator[str]:
    """What a preview has to say of a network that is changed; the update itself sees what others have on it."""
    on, own = networks.tasks(settings), networks.own(settings)
    for name, network in own.items():
        was = prior.networks.get(name)
        if was is None or was == (network.physical_name, network.attachable, network.internal):
            continue
        services = f", and meanwhile nobody reaches {', '.join(on[name])}" if on[name] else ""
        yield (
            f"{network.setting or network.physical_name}: {was[0]} is removed and made anew{services}; "
            "the update is refused while others are on it"
        )
