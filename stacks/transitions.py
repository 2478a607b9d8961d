"""Checks that compare the settings with the prior state, and refuse changes before the update touches anything."""

from collections.abc import Iterator
from dataclasses import replace

import pulumi

from components.errors import count, refusal
from components.machines.prior_state import PriorState
from components.machines.registry import provider_of
from components.machines.ssh_settings import OTHER_KEYS, key_of
from stacks import api_manager, transitions_data, transitions_networks
from stacks.config.blame import without_blame
from stacks.config.settings import Settings
from stacks.plan import plan


def checked(settings: Settings, prior: PriorState) -> PriorState:
    """Return the prior state without members whose machine was reinstalled; log warnings.

    Errors: `pulumi.RunError`, if an update to these settings would lose a living swarm, data or a machine.
    """
    provider = provider_of(settings.machines)
    members = {
        name: member
        for name, member in prior.members.items()
        if provider.is_same_machine(settings.machines, prior, name)
    }
    current = replace(prior, members=members)
    lines = [line for check in CHECKS for line in check(settings, current)]
    lines = without_blame(lines, settings.model_dump(mode="json", exclude_unset=True))
    if lines:
        raise refusal(
            f"the existing infrastructure cannot take these settings, for {count(len(lines), 'reason')}", lines
        )
    for warnings in (transitions_data.left_behind, transitions_networks.replaced_networks, api_manager.announcements):
        for line in warnings(settings, current):
            pulumi.log.warn(line)
    return current


def _provider_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if the machines come from another provider."""
    provider = settings.machines.provider
    if prior.machines and prior.provider not in (None, provider):
        yield (
            f"machines.provider: {provider} given; the machines are {prior.provider} ones; allowed: {prior.provider}, "
            "or another stack"
        )


def _lost_machines_are_known(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each lost machine that the state does not have."""
    for name in settings.machines.lost:
        if name not in prior.machines:
            allowed = sorted(prior.machines & set(settings.machines.names("manager", "worker")))
            yield (
                f"machines.lost: {name} given, which does not exist; "
                f"allowed: {', '.join(allowed) or 'none'}; leave {name} out, and the program creates it"
            )


def _api_manager_is_in_the_swarm(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line if no manager of the swarm stays one, through which the program could work."""
    allowed = sorted(name for name in prior.managers if name not in settings.machines.lost)
    if allowed and api_manager.working(settings, prior) not in allowed:
        manager = settings.api_manager
        value = f"{manager} given" if settings.swarm.api_manager else f"not given, which means {manager}"
        yield (
            f"swarm.api_manager: {value}, which is not in the swarm; allowed: {', '.join(allowed)}; in three "
            "steps: add the new managers and run `make up`; set swarm.api_manager to one of the new managers and run "
            "`make up`; remove the old managers and run `make up`"
        )


def _authorized_keys_are_of_others(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield a line for each authorized key that is the generated key of the stack."""
    own = key_of(prior.login_key or "")
    for index, line in enumerate(settings.machines.ssh.authorized_keys):
        if key_of(line) == own:
            yield f"machines.ssh.authorized_keys[{index}]: {line} given, which is the stack's own key; {OTHER_KEYS}"


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


def _provider_refusals(settings: Settings, prior: PriorState) -> Iterator[str]:
    """Yield the lines of the provider's own checks."""
    yield from provider_of(settings.machines).refusals(settings.machines, plan(settings, prior), prior)


CHECKS = (
    _provider_stays,
    _lost_machines_are_known,
    _api_manager_is_in_the_swarm,
    _authorized_keys_are_of_others,
    _machine_network_stays,
    _provider_refusals,
    transitions_data.volumes_stay,
    transitions_networks.ranges_stay,
)
