"""Changes that an infrastructure refuses: one line for each, before anything is touched."""

from collections.abc import Iterator
from dataclasses import replace

import pulumi

from components.errors import refusal
from components.machines.prior_state import PriorState
from components.machines.registry import provider_of
from stacks import transitions_data, transitions_networks
from stacks.config.settings import Settings
from stacks.plan import plan


def checked(settings: Settings, prior: PriorState) -> PriorState:
    """Return the state of before, without machines that have been installed anew.

    Errors: `pulumi.RunError`, when what these settings ask for would lose a swarm, data or a machine that live.
    """
    provider = provider_of(settings.machines)
    members = {
        name: member
        for name, member in prior.members.items()
        if provider.is_same_machine(settings.machines, prior, name)
    }
    current = replace(prior, members=members)
    lines = [line for rule in RULES for line in rule(settings, current)]
    if lines:
        raise refusal(f"what stands cannot become this, {len(lines)} reason(s)", lines)
    for line in (*transitions_data.left_behind(settings, current), *transitions_networks.made_anew(settings, current)):
        pulumi.log.warn(line)
    return current


def _provider_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    provider = settings.machines.provider
    if prior.machines and prior.provider not in (None, provider):
        yield (
            f"machines.provider: {provider} given; the machines are {prior.provider} ones; allowed: {prior.provider}, "
            "or another stack"
        )


def _lost_machines_are_known(settings: Settings, prior: PriorState) -> Iterator[str]:
    for name in settings.machines.lost:
        if name not in prior.machines:
            allowed = sorted(prior.machines & set(settings.machines.names("manager", "worker")))
            yield (
                f"machines.lost: {name} given, which is not there, so nothing of it can be asked; "
                f"allowed: {', '.join(allowed) or 'none'}, or to leave it out: then it is made anew"
            )


def _api_manager_is_in_the_swarm(settings: Settings, prior: PriorState) -> Iterator[str]:
    manager, lost = settings.api_manager, settings.machines.lost
    allowed = sorted(name for name in prior.managers if name not in lost)
    if not allowed or manager in allowed:
        return
    given = f"{manager} given" if settings.swarm.api_manager else f"not given, which means {manager}"
    staying = [name for name in allowed if name in settings.machines.names("manager")]
    if staying:
        yield f"swarm.api_manager: {given}, which is not in the swarm; allowed: {', '.join(staying)}"
    else:
        yield (
            f"swarm.api_manager: {given}, which is not in the swarm; allowed: {', '.join(allowed)}, beside new "
            "managers; then an `up` with one of those as swarm.api_manager, and then one without the old managers"
        )


def _machine_network_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    made = settings.machines.machine_network()
    if made is None or not prior.members:
        return
    setting, network = made
    if prior.network is not None and str(network or "") != prior.network:
        yield (
            f"{setting}: {network or 'none'} given; the machines of the swarm know each other by their addresses; "
            f"allowed: {prior.network or 'none'}, or another stack"
        )


def _of_the_provider(settings: Settings, prior: PriorState) -> Iterator[str]:
    yield from provider_of(settings.machines).refusals(settings.machines, plan(settings), prior)


RULES = (
    _provider_stays,
    _lost_machines_are_known,
    _api_manager_is_in_the_swarm,
    _machine_network_stays,
    _of_the_provider,
    transitions_data.volumes_stay,
    transitions_networks.ranges_stay,
)
