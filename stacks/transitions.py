"""What an infrastructure that stands must not become: one line for each mistake, before anything is touched."""

from collections.abc import Iterator
from dataclasses import replace

import pulumi

from components.machines.existing.settings import Host
from stacks import transitions_data, transitions_networks
from stacks.config.loader import refusal
from stacks.config.settings import Settings
from stacks.prior_state import Member, PriorState


def checked(settings: Settings, prior: PriorState) -> PriorState:
    """The state of before.

    Errors: `pulumi.RunError`, when what these settings ask for would lose a swarm, data or a machine that live.
    """
    members = {name: one for name, one in prior.members.items() if _is_same(settings, prior, name)}
    current = replace(prior, members=members)
    lines = [line for rule in RULES for line in rule(settings, current)]
    if lines:
        raise refusal(f"what stands cannot become this, {len(lines)} reason(s)", lines)
    for line in (*transitions_data.left_behind(settings, current), *transitions_networks.made_anew(settings, current)):
        pulumi.log.warn(line)
    return current


def _is_same(settings: Settings, prior: PriorState, name: str) -> bool:
    """Whether a machine has the part in the swarm that it had.

    An existing one with another host key was installed anew, and has none. With another address too it is another host,
    while the one of before may still have its part.
    """
    machines = settings.machines
    if machines.provider != "existing" or name not in machines.hosts():
        return True
    host = machines.hosts()[name]
    return host.host_key == prior.hosts.get(name) or _moves(host, prior.members[name])


def _moves(host: Host, member: Member) -> bool:
    return str(host.private_address or host.address) != member.private_address


def _provider_stays(settings: Settings, prior: PriorState) -> Iterator[str]:
    provider = settings.machines.provider
    if prior.machines and prior.provider not in (None, provider):
        yield (
            f"machines.provider: {provider} given; the machines are {prior.provider} ones; allowed: {prior.provider}, "
            "or another stack"
        )


def _entry_is_in_the_swarm(settings: Settings, prior: PriorState) -> Iterator[str]:
    entry, lost = settings.entry, settings.machines.lost
    allowed = sorted(name for name in prior.managers if name not in lost)
    if not allowed or entry in allowed:
        return
    given = f"{entry} given" if settings.swarm.entry else f"not given, which means {entry}"
    staying = [name for name in allowed if name in settings.machines.names("manager")]
    if staying:
        yield f"swarm.entry: {given}, which is not in the swarm; allowed: {', '.join(staying)}"
    else:
        yield (
            f"swarm.entry: {given}, which is not in the swarm; allowed: {', '.join(allowed)}, beside new managers; "
            "then an `up` with one of those as swarm.entry, and then one without the old managers"
        )


def _hosts_keep_their_names(settings: Settings, prior: PriorState) -> Iterator[str]:
    machines = settings.machines
    if machines.provider != "existing":
        return
    hosts = machines.hosts()
    # A copy of a host that is still there, which has its key, is another one.
    gone = {
        key: name
        for name, key in prior.hosts.items()
        if name in prior.machines and not (name in hosts and hosts[name].host_key == key)
    }
    for name, host in hosts.items():
        was = gone.get(host.host_key, name)
        if was != name and prior.hosts.get(name) != host.host_key:
            yield (
                f"machines.pools: the host {host.address} is given as {name}, but is {was}; allowed: {was}, or an `up` "
                f"without it, which takes Docker and its volumes away there, and then {name}; labels of a single host "
                "are its own setting `labels`"
            )


def _lost_machines_are_known(settings: Settings, prior: PriorState) -> Iterator[str]:
    for name in settings.machines.lost:
        if name not in prior.machines:
            allowed = sorted(prior.machines & set(settings.machines.names("manager", "worker")))
            yield (
                f"machines.lost: {name} given, which is not there, so nothing of it can be asked; "
                f"allowed: {', '.join(allowed) or 'none'}, or to leave it out: then it is made anew"
            )


def _addresses_stay(settings: Settings, prior: PriorState) -> Iterator[str]:
    machines = settings.machines
    if not prior.members:
        return
    if machines.provider == "existing":
        yield from _managers_keep_their_addresses(settings, prior)
        return
    setting = "machines.subnet" if machines.provider == "local" else "machines.private_network"
    network = machines.subnet if machines.provider == "local" else machines.private_network
    if prior.network is not None and str(network or "") != prior.network:
        yield (
            f"{setting}: {network or 'none'} given; the machines of the swarm know each other by their addresses; "
            f"allowed: {prior.network or 'none'}, or another stack"
        )


def _managers_keep_their_addresses(settings: Settings, prior: PriorState) -> Iterator[str]:
    """A worker joins again by its new address, and so does one of several managers."""
    machines = settings.machines
    assert machines.provider == "existing"
    moved = [
        name
        for name, host in machines.hosts().items()
        if name in prior.managers and name not in machines.lost and _moves(host, prior.members[name])
    ]
    for name in moved:
        was = prior.members[name].private_address
        if len(prior.managers) == 1:
            yield (
                f"machines.pools: {name} is the only manager and is known by {was}; allowed: that private_address, "
                "or two more managers before it changes"
            )
        elif name == settings.entry:
            yield (
                f"machines.pools: {name} is swarm.entry and known by {was}; allowed: that private_address, "
                "or another swarm.entry"
            )
        elif len(moved) > 1 or set(prior.managers) & set(machines.lost):
            yield (
                f"machines.pools: {name} is known by {was}; allowed: another private_address of one manager in an "
                "`up`, and of none while another one is lost"
            )


def _managers_are_not_replaced(settings: Settings, prior: PriorState) -> Iterator[str]:
    machines = settings.machines
    if machines.provider != "exoscale":
        return
    for name, system in machines.systems().items():
        if name in prior.managers and name not in machines.lost and prior.systems.get(name, system) != system:
            was = prior.systems[name]
            yield (
                f"machines.pools: {name} would be replaced, as it has zone and template {was}, and its part of the "
                "swarm would be lost; allowed: these, or a pool of managers beside it, then swarm.entry there, and "
                "then none of this pool"
            )


def _nothing_is_replaced_by_a_dead_entry(settings: Settings, prior: PriorState) -> Iterator[str]:
    """A machine is drained by the entry that it was made with, before another one takes its place."""
    machines, entry = settings.machines, prior.entry
    if machines.provider != "exoscale" or entry not in machines.lost or entry in prior.lost:
        return
    for name, system in machines.systems().items():
        was = prior.systems.get(name, system)
        if name in prior.members and name not in machines.lost and was != system:
            yield (
                f"machines.pools: {name} would be replaced, as it has zone and template {was}, and {entry}, which is "
                "lost, cannot drain it; allowed: these in this `up`, and others in the next one"
            )


RULES = (
    _provider_stays,
    _hosts_keep_their_names,
    _lost_machines_are_known,
    _entry_is_in_the_swarm,
    _addresses_stay,
    _managers_are_not_replaced,
    _nothing_is_replaced_by_a_dead_entry,
    transitions_data.volumes_stay,
    transitions_data.volumes_can_move,
    transitions_data.zones_have_block_storage,
    transitions_data.protected_stay,
    transitions_networks.ranges_stay,
)
