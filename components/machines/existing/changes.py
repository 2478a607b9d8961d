"""Refusals of changes that would lose existing hosts or their swarm memberships."""

from collections.abc import Iterator

from components.machines.existing.settings import ExistingMachines, HostSettings
from components.machines.prior_state import Member, PriorState
from components.machines.provider import StackPlan
from components.rule import Rule


def is_same_machine(machines: ExistingMachines, prior: PriorState, name: str) -> bool:
    """Return whether a host is still the swarm member that the state has.

    A host with a new host key at the same address was reinstalled, and is no member any more. A host with a new host
    key at a new address is another host, and the former host may still be a member. The key is that by which the
    host joined: an update that fails before a reinstalled host has joined again leaves it one that was reinstalled.
    """
    hosts = machines.hosts()
    if name not in hosts:
        return True
    member = prior.members[name]
    return hosts[name].host_key == member.host_key or _has_new_address(hosts[name], member)


def _has_new_address(host: HostSettings, member: Member) -> bool:
    return str(host.private_address or host.address) != member.private_address


def _hosts_keep_their_names(machines: ExistingMachines, _plan: StackPlan, prior: PriorState) -> Iterator[str]:
    hosts = machines.hosts()
    # A host that copies the key of a host that is still listed is another host.
    former_names = {
        key: name
        for name, key in prior.hosts.items()
        if name in prior.machines and not (name in hosts and hosts[name].host_key == key)
    }
    for name, host in hosts.items():
        was = former_names.get(host.host_key, name)
        if was != name and prior.hosts.get(name) != host.host_key:
            yield (
                f"machines.pools: the host {host.address} is given as {name}, but is {was}; allowed: {was}; or run "
                f"`make up` without this host, which removes Docker and its volumes there, and then add {name}; to "
                "label a "
                "single host, set its own `labels`"
            )


def _managers_keep_their_addresses(machines: ExistingMachines, plan: StackPlan, prior: PriorState) -> Iterator[str]:
    """Refuse new addresses of managers, except of one of several: a worker and such a manager can join again."""
    moved = [
        name
        for name, host in machines.hosts().items()
        if name in prior.managers and name not in machines.lost and _has_new_address(host, prior.members[name])
    ]
    for name in moved:
        was = prior.members[name].private_address
        if len(prior.managers) == 1:
            yield (
                f"machines.pools: {name} is the only manager and is known by {was}; allowed: that private_address, "
                "or a new one once the swarm has two more managers"
            )
        elif name == plan.api_manager:
            yield (
                f"machines.pools: {name} is swarm.api_manager and known by {was}; allowed: that private_address, "
                "or another swarm.api_manager"
            )
        elif len(moved) > 1 or set(prior.managers) & set(machines.lost):
            yield (
                f"machines.pools: {name} is known by {was}; allowed: a new private_address of one manager in each "
                "`make up`, and of no manager while another one is lost"
            )


RULES = (
    Rule(
        id="host-name",
        refuses="another name, or another pool, for an existing host: it would be cleaned up under its former name",
        check=_hosts_keep_their_names,
    ),
    Rule(
        id="manager-address",
        refuses="another address of the only manager, of the API manager, or of two managers at once (existing)",
        check=_managers_keep_their_addresses,
    ),
)
